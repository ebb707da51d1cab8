import { existsSync } from "node:fs";
import { configDefaults, defineConfig } from "vitest/config";
import { projectRunners, trackerRunners, vllmRunners } from "./src/model/python.ts";

const SECOND = 1_000;

/**
 * A test that was skipped did not pass: what needs vLLM or the trackers is gathered only where they are installed
 * (`make vllm`, `make trackers`).
 */
const MISSING = [
  { runners: vllmRunners, file: "test/e2e/vllm.test.ts" },
  { runners: trackerRunners, file: "test/workflow/track.test.ts" },
].flatMap(({ runners, file }) => (existsSync(runners(projectRunners()).python) ? [] : [file]));

/** Tests that start a Temporal server or model processes. They wait as much as they work, so two files share two cores. */
function heavy(name: string, seconds: number, order: number) {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      exclude: [...configDefaults.exclude, ...MISSING],
      testTimeout: seconds * SECOND,
      hookTimeout: 60 * SECOND,
      sequence: { groupOrder: order },
    },
  };
}

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          testTimeout: 60 * SECOND,
          sequence: { groupOrder: 0 },
        },
      },
      heavy("workflow", 90, 1),
      heavy("chaos", 300, 2),
      heavy("e2e", 600, 3),
      // Last, because it also replays the histories that the projects above left behind.
      heavy("replay", 120, 4),
    ],
  },
});
