import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { workflowBundle, workflowSources } from "../../../src/temporal/bundle.ts";

const PROJECT = join(import.meta.dirname, "../../..");

test("the version is drawn from the files that are bundled, from all of them and from no others", async () => {
  const { codePath, version } = await workflowBundle();
  expect(version).toMatch(/^[0-9a-f]{16}$/);
  const modules = readFileSync(codePath, "utf8").matchAll(/^\/\*\*\*\/ "\.\/((?:src|workflows)\/[^"]+\.ts)"/gm);
  const bundled = [...modules].map(([, file = ""]) => file).toSorted();
  expect(bundled.length).toBeGreaterThan(10);
  expect([...workflowSources()].map((file) => relative(PROJECT, file)).toSorted()).toEqual(bundled);
});
