import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../../scripts/test-summary.ts", import.meta.url));

let reports: string;
beforeEach(() => {
  reports = mkdtempSync(join(tmpdir(), "reports-"));
});
afterEach(() => rmSync(reports, { recursive: true }));

const GOOD = {
  checks: "8 0",
  "vitest.json": JSON.stringify({ numTotalTests: 100, numPassedTests: 100, numFailedTests: 0 }),
  "vitest.exit": "0",
  "pytest.xml":
    '<?xml version="1.0"?><testsuites><testsuite name="pytest" errors="0" failures="0" skipped="0" tests="20">',
  "pytest.exit": "0",
};

function summary(files: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(reports, name), `${text}\n`);
  const { stdout, status } = spawnSync(process.execPath, [SCRIPT, reports], { encoding: "utf8" });
  return { line: stdout.trim(), status };
}

test("checks, vitest and pytest are added up", () => {
  expect(summary(GOOD)).toEqual({ line: "128 passed, 0 failed", status: 0 });
});

test.each([
  ["a check", { checks: "7 1" }, "127 passed, 1 failed"],
  [
    "a test and a skipped one",
    { "vitest.json": JSON.stringify({ numTotalTests: 100, numPassedTests: 98 }), "vitest.exit": "1" },
    "126 passed, 2 failed",
  ],
  [
    "a skipped Python test",
    { "pytest.xml": '<testsuite errors="1" failures="2" skipped="1" tests="20">', "pytest.exit": "1" },
    "124 passed, 4 failed",
  ],
  ["a runner that ended badly although its tests passed", { "vitest.exit": "1" }, "128 passed, 1 failed"],
  ["a runner that left no report", { "pytest.xml": "" }, "108 passed, 1 failed"],
])("%s counts as failed", (_, change, line) => {
  expect(summary({ ...GOOD, ...change })).toEqual({ line, status: 1 });
});
