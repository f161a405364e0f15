// Checks the built site: links within it lead to a page and a heading, and nothing is
// loaded from elsewhere.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const site = join(dirname(fileURLToPath(import.meta.url)), "../../_out/docs");
const files = readdirSync(site, { recursive: true }).map(String);
const pages = files.filter((file) => file.endsWith(".html"));
const text = (file) => readFileSync(join(site, file), "utf8");
const ids = new Map(pages.map((page) => [page, new Set([...text(page).matchAll(/\sid="([^"]+)"/g)].map((m) => decodeURI(m[1])))]));
const problems = [];

for (const page of pages) {
  const html = text(page);
  for (const [, href] of html.matchAll(/<a\s[^>]*?href="([^"]+)"/g)) {
    if (/^[a-z]+:/.test(href)) {
      continue;
    }
    const target = new URL(href, `http://site/${page}`);
    let path = decodeURI(target.pathname).slice(1);
    if (path === "" || path.endsWith("/")) {
      path += "index.html";
    }
    if (!existsSync(join(site, path)) || statSync(join(site, path)).isDirectory()) {
      problems.push(`${page}: ${href} leads nowhere`);
    } else if (target.hash && ids.has(path) && !ids.get(path).has(decodeURI(target.hash.slice(1)))) {
      problems.push(`${page}: ${href} leads to no heading`);
    }
  }
  for (const [tag] of html.matchAll(/<(?:script|img|iframe|link)\s[^>]*?(?:src|href)="(?:https?:)?\/\/[^>]*>/g)) {
    problems.push(`${page}: loads from elsewhere: ${tag}`);
  }
}
for (const style of files.filter((file) => file.endsWith(".css"))) {
  for (const [load] of text(style).matchAll(/(?:@import|url\()\s*["']?(?:https?:)?\/\/[^)"']*/g)) {
    problems.push(`${style}: loads from elsewhere: ${load}`);
  }
}
if (pages.length < 20) {
  problems.push(`the site has only ${pages.length} pages`);
}
for (const problem of problems) {
  console.error(problem);
}
console.log(`${pages.length} pages, ${problems.length} problems`);
process.exitCode = problems.length ? 1 : 0;
