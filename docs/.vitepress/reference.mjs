// Writes the reference pages, docs/reference: one of the REST door from its contract,
// and one of the native types from their OpenAPI schema, which comes from the types'
// comments.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const docs = join(dirname(fileURLToPath(import.meta.url)), "..");
const root = join(docs, "..");
const prefix = "com.github.kubenova.kubenova.pkg.apis.kubenova.v1alpha1.";

const cell = (text = "") => text.replace(/\s+/g, " ").replace(/\|/g, "\\|");
const anchor = (name) => name.toLowerCase();

// typeOf says in a word what a field holds, with a link where that has an entry.
function typeOf(schema, known) {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (ref) {
    const name = ref.split("/").pop().replace(prefix, "");
    return known.has(name) ? `[${name}](#${anchor(name)})` : name.split(".").pop();
  }
  if (schema.type === "array") {
    return `list of ${typeOf(schema.items ?? {}, known)}`;
  }
  if (schema.type === "object" && schema.additionalProperties) {
    return `map of ${typeOf(schema.additionalProperties, known)}`;
  }
  return schema.enum ? schema.enum.map((value) => `\`${value}\``).join(", ") : (schema.type ?? "anything");
}

function fields(schema, known) {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(
    ([name, field]) => `| \`${name}\` | ${typeOf(field, known)} | ${required.has(name) ? "yes" : ""} | ${cell(field.description)} |`,
  );
  return rows.length ? ["| field | type | required | |", "|---|---|---|---|", ...rows, ""] : [];
}

function types(schemas, describe) {
  const known = new Set(Object.keys(schemas));
  return Object.keys(schemas)
    .sort()
    .flatMap((name) => [`## ${name}`, "", describe(schemas[name]), "", ...fields(schemas[name], known)]);
}

function native() {
  const printed = execFileSync("go", ["run", "./hack/codegen/models-schema"], { cwd: root, maxBuffer: 1 << 26 });
  const schemas = {};
  for (const [name, schema] of Object.entries(JSON.parse(printed).definitions)) {
    if (name.startsWith(prefix) && !name.endsWith("List")) {
      schemas[name.slice(prefix.length)] = schema;
    }
  }
  if (!schemas.Tenant) {
    throw new Error("the schema has no Tenant");
  }
  return ["# Native API", "", "The kinds of `kubenova.io/v1alpha1` and what they are made of, as `kubectl explain` tells.", "", ...types(schemas, (s) => s.description ?? "")];
}

function rest() {
  const contract = JSON.parse(readFileSync(join(root, "pkg/facade/contract/openapi.json"), "utf8"));
  const out = ["# REST API", "", "Every route of `/api/v1` and its schemas. A server shows the same at `/api/v1/docs`, and the document that it is made of at `/api/v1/openapi.json`.", "", "## Routes", "", "| method | path | |", "|---|---|---|"];
  for (const [path, item] of Object.entries(contract.paths)) {
    for (const method of ["get", "post", "put", "delete"]) {
      if (item[method]) {
        out.push(`| ${method.toUpperCase()} | \`${path}\` | ${cell(item[method].summary)} |`);
      }
    }
  }
  return [...out, "", ...types(contract.components.schemas, (s) => s.description ?? "")];
}

mkdirSync(join(docs, "reference"), { recursive: true });
for (const [name, lines] of Object.entries({ native: native(), rest: rest() })) {
  writeFileSync(join(docs, "reference", `${name}.md`), lines.join("\n") + "\n");
}
