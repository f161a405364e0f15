// The documentation as a site: make docs builds it into _out/docs. It needs no
// network to be read, and diagrams are drawn when it is built.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { Graphviz } from "@hpcc-js/wasm-graphviz";

const docs = join(dirname(fileURLToPath(import.meta.url)), "..");
const root = join(docs, "..");
const source = "https://github.com/kubenova/kubenova/blob/main/";
const graphviz = await Graphviz.load();

// title of a page: its first heading.
const title = (path) => /^# (.+)$/m.exec(readFileSync(join(docs, path), "utf8"))[1];
const page = (path) => ({ text: title(path), link: "/" + path.replace(/\.md$/, "") });
const group = (text, paths) => ({ text, items: paths.map(page) });

const sidebar = [
  { text: "Quick start", link: "/quick-start" },
  group("Understanding", ["concepts.md", "architecture.md"]),
  group("Using", [
    "kubenova-api-v1-guide.md", "kubectl.md", "plugin.md", "apps.md", "policysets.md", "access.md", "kubeconfigs.md", "usage.md", "deletion.md",
  ]),
  group("Running", [
    "operations.md", "sharding.md", "reliability.md", "benchmarks.md", "benchmarks/results.md", "upgrading.md", "clusters.md", "bootstrap.md", "plans.md", "catalog.md", "tokens.md", "oidc.md", "audit.md",
  ]),
  group("Security", ["security.md", "authorization.md", "encryption.md"]),
  group("Reference", ["rest-api.md", "reference/rest.md", "reference/native.md"]),
  group("Changing KubeNova", ["development.md", ...readdirSync(join(docs, "adr")).sort().map((file) => `adr/${file}`)]),
];

// diagrams draws the blocks of Graphviz' language.
function diagrams(md) {
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, at, ...rest) => {
    if (tokens[at].info.trim() !== "dot") {
      return fence(tokens, at, ...rest);
    }
    const svg = graphviz.dot(tokens[at].content, "svg").replace(/^[\s\S]*?(?=<svg)/, "");
    return `<div class="diagram" v-pre>${svg}</div>`;
  };
}

// sources leads links that leave the documentation to the repository. One to a file
// that is not there fails the build. What is included from the README has links that
// begin at the root.
function sources(md) {
  md.core.ruler.push("sources", (state) => {
    const from = join(docs, dirname(state.env.relativePath ?? ""));
    for (const token of state.tokens.flatMap((t) => t.children ?? [])) {
      const href = token.type === "link_open" && token.attrGet("href");
      if (!href || /^([a-z]+:|#|\/)/.test(href)) {
        continue;
      }
      const [file, anchor] = href.split("#");
      const path = [from, root].map((base) => normalize(join(base, file))).find(existsSync);
      if (!path) {
        throw new Error(`${state.env.relativePath}: ${href} leads nowhere`);
      }
      const inside = !relative(docs, path).startsWith("..") && path.endsWith(".md");
      const target = inside ? "./" + relative(from, path) : source + relative(root, path);
      token.attrSet("href", anchor ? `${target}#${anchor}` : target);
    }
  });
}

export default {
  title: "KubeNova",
  description: "Multi-tenant platform API for Kubernetes",
  outDir: "../_out/docs",
  cacheDir: "../_out/docs-cache",
  srcExclude: ["catalog/**"],
  rewrites: { "README.md": "index.md" },
  // What stands between angle brackets are names to fill in, not HTML.
  markdown: { html: false, config: (md) => (md.use(sources), md.use(diagrams)) },
  themeConfig: { sidebar, search: { provider: "local" }, outline: [2, 3] },
};
