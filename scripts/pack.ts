import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Writes the package.json of the client for programs beside its compiled files, from the project's own: a program
 * needs neither workers nor models, so it gets the few packages that the client imports, at the versions tested here.
 *
 *     node scripts/pack.ts dist/package
 */
const CLIENT_IMPORTS = ["@temporalio/client", "@temporalio/envconfig", "@temporalio/proto", "yaml", "zod"];
/** What only `openSelector` loads, of some hundred MB: installed by who wants it. */
const SELECTS = "onnxruntime-node";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, "..");
const folder = process.argv[2];
if (folder === undefined) throw new Error("Say the folder: node scripts/pack.ts dist/package");
const project = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Manifest;
const { name, version, description, license, engines } = project;
const manifest = {
  name,
  version,
  description,
  license,
  engines,
  type: "module",
  files: ["lib", "schema"],
  exports: {
    ".": { types: "./lib/index.d.ts", default: "./lib/index.js" },
    "./schema/*.json": "./schema/*.json",
  },
  dependencies: Object.fromEntries(CLIENT_IMPORTS.map((each) => [each, project.dependencies[each]])),
  peerDependencies: { [SELECTS]: project.dependencies[SELECTS] },
  peerDependenciesMeta: { [SELECTS]: { optional: true } },
};
await writeFile(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
await cp(join(root, "configs/schema"), join(folder, "schema"), { recursive: true });
await cp(join(root, "docs/client.md"), join(folder, "README.md"));
await cp(join(root, "LICENSE"), join(folder, "LICENSE"));
