import { readFileSync, readdirSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, defineConfig, type Plugin } from "vite";

const OUT = fileURLToPath(new URL("./src/ngomon/ui/static/ngomon", import.meta.url));
const ICONS = fileURLToPath(new URL("./node_modules/lucide-static/icon-nodes.json", import.meta.url));
const FILES = fileURLToPath(new URL("./node_modules/lucide-static/icons", import.meta.url));

/** Writes the inner drawing of every icon as one JSON file, which the `icon` tag of the templates reads. */
function iconShapes(): Plugin {
  return {
    name: "icon-shapes",
    closeBundle() {
      const nodes = JSON.parse(readFileSync(ICONS, "utf8")) as Record<string, [string, Record<string, string>][]>;
      const drawn = Object.fromEntries(
        Object.entries(nodes).map(([name, parts]) => [name, parts.map(([tag, attributes]) => draw(tag, attributes)).join("")]),
      );
      // Names that Lucide has given up are still drawn: packs keep theirs for years.
      for (const file of readdirSync(FILES)) drawn[file.replace(".svg", "")] ??= inner(readFileSync(`${FILES}/${file}`, "utf8"));
      mkdirSync(OUT, { recursive: true });
      writeFileSync(`${OUT}/icons.json`, JSON.stringify(drawn));
    },
  };
}

function inner(svg: string): string {
  return svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ").trim();
}

function draw(tag: string, attributes: Record<string, string>): string {
  const pairs = Object.entries(attributes)
    .filter(([name]) => name !== "key")
    .map(([name, value]) => `${name}="${value}"`);
  return `<${tag} ${pairs.join(" ")}/>`;
}

/** Builds the service worker as one plain script of its own: browsers load no parts of one. */
function serviceWorker(): Plugin {
  return {
    name: "service-worker",
    async closeBundle() {
      await build({
        configFile: false,
        publicDir: false,
        logLevel: "warn",
        build: {
          outDir: OUT,
          emptyOutDir: false,
          target: ["chrome100", "firefox100", "safari15.4"],
          lib: { entry: "frontend/src/offline/worker.ts", formats: ["iife"], name: "offline", fileName: () => "offline.js" },
        },
      });
    },
  };
}

export default defineConfig({
  // Relative, so that the pages work under whatever address the static files are served.
  base: "./",
  publicDir: false,
  build: {
    outDir: OUT,
    emptyOutDir: true,
    manifest: "manifest.json",
    assetsInlineLimit: 0,
    target: ["chrome100", "firefox100", "safari15.4"],
    cssTarget: ["chrome100", "firefox100", "safari15.4"],
    chunkSizeWarningLimit: 1300,
    rolldownOptions: {
      input: ["frontend/src/main.ts", "frontend/assets/mark.svg"],
      // htmx holds an eval behind `allowEval`, which our pages switch off.
      checks: { eval: false },
    },
  },
  plugins: [iconShapes(), serviceWorker()],
});
