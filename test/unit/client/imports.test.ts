import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const PROJECT = join(import.meta.dirname, "../../..");

/** A program that prints the address of everything that is loaded with the module it is given. */
const LOADED = `
import { registerHooks } from "node:module";
const loaded = [];
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
await import(process.argv[1]);
console.log(JSON.stringify(loaded));
`;

/** Paths of the modules that a source file loads, relative to the project. */
function loadedBy(source: string): string[] {
  const quiet = ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", LOADED];
  const output = execFileSync(process.execPath, [...quiet, join(PROJECT, source)], { encoding: "utf8" });
  return (JSON.parse(output) as string[]).map((url) => url.replace(`${pathToFileURL(PROJECT).href}/`, ""));
}

test("the client loads no worker, no model, no native part and no other room of the house", () => {
  const loaded = loadedBy("src/index.ts");
  expect(loaded).toContain("src/client/connect.ts");
  const heavy = /\.node$|^node_modules\/(@temporalio\/(worker|core-bridge|testing|workflow)|onnxruntime-node|sharp)\//;
  expect(loaded.filter((path) => heavy.test(path))).toEqual([]);
  expect(
    loaded.filter((path) => /^(workflows|activities|src\/(cli|model|device|process|artifact))\//.test(path)),
  ).toEqual(["src/process/identity.ts"]); // Whether the process of a server lives; Node's own parts alone.
  // What the pattern is for is seen where it is: in the worker.
  const worker = loadedBy("src/temporal/worker.ts");
  expect(worker.some((path) => heavy.test(path))).toBe(true);
  // Loaded only where something is traced.
  expect(worker.filter((path) => path.includes("opentelemetry"))).toEqual([]);
});
