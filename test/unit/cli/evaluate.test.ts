import { expect, test } from "vitest";
import { evaluateCommand, recipeOf } from "../../../src/cli/evaluate.ts";

/** The benchmarks of the recipe that a command line means. */
function benchmarksOf(...typed: readonly string[]): unknown {
  const command = evaluateCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  let options: Parameters<typeof recipeOf>[0] | undefined;
  command.action((given: Parameters<typeof recipeOf>[0]) => void (options = given));
  command.parse(["--root", "/r", "--model", "/r/m", ...typed], { from: "user" });
  return (recipeOf(options!) as { benchmarks: unknown }).benchmarks;
}

const BOTH = ["--benchmark", "vsr,cv-bench"];
const source = (path: string, image_root: string) => ({ path, image_root });

test("one benchmark as ever", () => {
  expect(benchmarksOf("--data", "q.jsonl", "--images", "i", "--setting", "reader=mmsi")).toEqual([
    { benchmark: "mmsi", data: source("q.jsonl", "i"), settings: { reader: "mmsi" } },
  ]);
});

test("several have their files in turn or by name, and one folder of images serves all", () => {
  const wanted = [
    { benchmark: "vsr", data: source("v.jsonl", "i") },
    { benchmark: "cv-bench", data: source("c.jsonl", "i") },
  ];
  expect(benchmarksOf(...BOTH, "--data", "v.jsonl", "--data", "c.jsonl", "--images", "i")).toEqual(wanted);
  const named = ["--data", "cv-bench=c.jsonl", "--data", "vsr=v.jsonl"];
  expect(benchmarksOf(...BOTH, ...named, "--images", "i", "--images", "i")).toEqual(wanted);
});

test("a setting of one among several says which", () => {
  const asked = ["--benchmark", "mmsi,vsr", "--data", "m", "--data", "v", "--images", "i"];
  expect(benchmarksOf(...asked, "--setting", "mmsi.reader=mmsi")).toMatchObject([
    { benchmark: "mmsi", settings: { reader: "mmsi" } },
    { benchmark: "vsr" },
  ]);
  expect(() => benchmarksOf(...asked, "--setting", "reader=mmsi")).toThrow(
    "--setting reader does not say of which benchmark; --setting mmsi.reader=mmsi does.",
  );
});

test.each([
  [["--data", "a"], "--data lacks cv-bench; one for each benchmark is needed, in their order or as cv-bench=…."],
  [["--data", "cv-bench=a"], "--data lacks vsr; one for each benchmark is needed, in their order or as vsr=…."],
  [["--data", "a", "--data", "b", "--data", "c"], "--data is given 3 times for 2;"],
  [[], "--data lacks vsr;"],
])("%j is refused", (typed, sentence) => {
  expect(() => benchmarksOf(...BOTH, ...typed, "--images", "i")).toThrow(sentence);
});

test("an unknown benchmark, and one twice", () => {
  expect(() => benchmarksOf("--benchmark", "vsr,coco")).toThrow(
    '"coco" is none; mmsi, vsr, cv-bench, pairwise, plan are known.',
  );
  expect(() => benchmarksOf("--benchmark", "vsr,vsr")).toThrow("Each can be named once.");
});
