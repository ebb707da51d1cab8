import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** The checks' own count: "passed failed". */
function checks(folder: string): Counts {
  const [passed, failed] = read(folder, "checks").split(" ").map(Number);
  return { passed: passed ?? 0, failed: failed ?? 1 };
}

function vitest(folder: string): Counts {
  const report = JSON.parse(read(folder, "vitest.json")) as {
    numPassedTests: number;
    numTotalTests: number;
  };
  return { passed: report.numPassedTests, failed: report.numTotalTests - report.numPassedTests };
}

/** JUnit XML: `<testsuite errors="0" failures="1" skipped="0" tests="12">`. A skipped test did not pass. */
function pytest(folder: string): Counts {
  const suite = /<testsuite\b[^>]*>/.exec(read(folder, "pytest.xml"))?.[0] ?? "";
  const count = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? Number.NaN);
  const failed = count("errors") + count("failures") + count("skipped");
  return { passed: count("tests") - failed, failed };
}

function read(folder: string, name: string): string {
  return readFileSync(join(folder, name), "utf8").trim();
}

/** A runner that left no report, or ended badly although each of its tests passed, is one failure more. */
function withExit(folder: string, name: string, count: (folder: string) => Counts): Counts {
  let counts: Counts;
  try {
    counts = count(folder);
    if (!Number.isInteger(counts.passed + counts.failed)) throw new Error("its report holds no counts");
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1 };
  }
  const ended = read(folder, `${name}.exit`) === "0";
  return ended || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

const [folder = ".tools/reports"] = process.argv.slice(2);
const all = [checks(folder), withExit(folder, "vitest", vitest), withExit(folder, "pytest", pytest)];
const passed = all.reduce((sum, each) => sum + each.passed, 0);
const failed = all.reduce((sum, each) => sum + each.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
