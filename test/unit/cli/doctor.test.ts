import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { lockedVersions, namesIn } from "../../../src/cli/doctor/python.ts";
import { doctorLines } from "../../../src/report/doctor.ts";

test("the lock's versions, several where they differ between Pythons; the names that are asked for", () => {
  const lock =
    "diffusers==0.41.0 ; python_full_version < '3.11' \\\n    --hash=sha256:00\ndiffusers==0.42.1 ; x\ntorch==2.13.0 \\\n";
  expect(lockedVersions(lock)).toEqual(
    new Map([
      ["diffusers", new Set(["0.41.0", "0.42.1"])],
      ["torch", new Set(["2.13.0"])],
    ]),
  );
  expect(namesIn("# a comment\ntorch==2.13.0\ndiffusers==1 ; x\ndiffusers==2 ; y\nimportlib-metadata<10\n")).toEqual([
    "torch",
    "diffusers",
    "importlib-metadata",
  ]);
});

test("every package that the runners name is in their lock", () => {
  const locked = lockedVersions(readFileSync("python/envs/runners.lock", "utf8"));
  const names = namesIn(readFileSync("python/envs/runners.in", "utf8"));
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !locked.has(name))).toEqual([]);
});

test("a line says ok or missing, and what to type", () => {
  expect(
    doctorLines([
      { what: "node", ok: true, found: "24.1.0" },
      { what: "temporal", ok: false, found: "no server", todo: "make setup" },
    ]),
  ).toEqual(["ok       node      24.1.0", "missing  temporal  no server   → make setup"]);
});
