// Command program stands for kubenova in the tests of the image: it says as whom it runs.
package main

import (
	"os"
	"strconv"
)

func main() {
	_, err := os.Stat("/etc/ssl/certs/ca-certificates.crt")
	os.Stdout.WriteString("user " + strconv.Itoa(os.Getuid()) + ", certificates " + strconv.FormatBool(err == nil) + "\n")
	if os.WriteFile("/kubenova", nil, 0o600) == nil {
		os.Stdout.WriteString("it can be overwritten\n")
	}
}
