package kubeconfig

// entryName is the name of the cluster, user and context in a canonical kubeconfig.
const entryName = "target"

// file is the form that is written: the fields of clientcmd's v1 config that
// are accepted, without its zero values.
type file struct {
	APIVersion     string         `json:"apiVersion"`
	Kind           string         `json:"kind"`
	Clusters       []namedCluster `json:"clusters"`
	Contexts       []namedContext `json:"contexts"`
	CurrentContext string         `json:"current-context"`
	Users          []namedUser    `json:"users"`
}

type namedCluster struct {
	Name    string  `json:"name"`
	Cluster cluster `json:"cluster"`
}

type cluster struct {
	CAData []byte `json:"certificate-authority-data,omitempty"`
	Server string `json:"server"`
}

type namedContext struct {
	Name    string  `json:"name"`
	Context context `json:"context"`
}

type context struct {
	Cluster   string `json:"cluster"`
	Namespace string `json:"namespace,omitempty"`
	User      string `json:"user"`
}

type namedUser struct {
	Name string `json:"name"`
	User user   `json:"user"`
}

type user struct {
	CertData []byte `json:"client-certificate-data,omitempty"`
	KeyData  []byte `json:"client-key-data,omitempty"`
	Token    string `json:"token,omitempty"`
}

// file returns the canonical kubeconfig of the connection.
func (c *connection) file() file {
	return file{
		APIVersion:     "v1",
		Kind:           "Config",
		CurrentContext: entryName,
		Clusters:       []namedCluster{{entryName, cluster{CAData: c.ca, Server: c.server}}},
		Contexts:       []namedContext{{entryName, context{Cluster: entryName, Namespace: c.namespace, User: entryName}}},
		Users:          []namedUser{{entryName, user{CertData: c.cert, KeyData: c.key, Token: c.token}}},
	}
}
