// Lints Dockerfiles with the checks of the Dockerfile language server. Warnings fail too.
import { readFileSync } from "node:fs";

import { validate } from "dockerfile-utils";

let found = 0;
for (const file of process.argv.slice(2)) {
  for (const problem of validate(readFileSync(file, "utf8"))) {
    console.error(`${file}:${problem.range.start.line + 1}: ${problem.message}`);
    found++;
  }
}
if (process.argv.length < 3) {
  console.error("usage: node lint.mjs <Dockerfile>...");
  found++;
}
process.exitCode = found ? 1 : 0;
