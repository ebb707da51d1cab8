import { type Document, isMap, isPair, isScalar, type Node, type Range } from "yaml";
import { StepFailure } from "../failure.ts";
import { isPipeline, PIPELINE_NAMES, pipelineOf, type Recipe } from "./index.ts";
import { type Problem, shapeProblems } from "../recipe/problems.ts";
import { readYaml } from "../recipe/read-yaml.ts";

/**
 * Reads a recipe file, YAML or JSON (which is YAML), with every default filled in.
 * @throws {StepFailure} BadInput, a line per problem: `my.yaml:14  scoring.min_score_gap is "0,3"; a number …`
 */
export function parseRecipe(text: string, fileName: string): Recipe {
  const { value, document, lines } = readYaml(text, fileName);
  const checked = check(value);
  if ("recipe" in checked) return checked.recipe;
  const located = checked.problems.map((problem) => ({
    line: lines.linePos(offsetOf(document, problem.path)).line,
    problem,
  }));
  throw bad(
    located.toSorted((a, b) => a.line - b.line).map(({ line, problem }) => `${fileName}:${line}  ${problem.message}`),
  );
}

/**
 * Reads a recipe that is a value already, as a workflow's input is.
 * @throws {StepFailure} BadInput, a line per problem
 */
export function parseRecipeObject(value: unknown): Recipe {
  const checked = check(value);
  if ("recipe" in checked) return checked.recipe;
  throw bad(checked.problems.map((problem) => problem.message));
}

function check(value: unknown): { recipe: Recipe } | { problems: Problem[] } {
  const name: unknown = typeof value === "object" && value !== null && "pipeline" in value ? value.pipeline : undefined;
  if (!isPipeline(name)) {
    const message = `pipeline is missing or unknown; one of ${PIPELINE_NAMES.join(", ")} is needed.`;
    return { problems: [{ path: ["pipeline"], message }] };
  }
  const { schema, rules } = pipelineOf({ pipeline: name });
  const parsed = schema.safeParse(value);
  if (!parsed.success) return { problems: shapeProblems(value, parsed.error.issues, schema) };
  const problems = rules(parsed.data);
  return problems.length === 0 ? { recipe: parsed.data as Recipe } : { problems };
}

/** Where a field's key stands in the file; for a field that is missing, where its block stands. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
      if (pair) return start(pair.key as Node);
    } else {
      const entry: unknown = document.getIn(path.slice(0, length), true);
      if (isScalar(entry) || isMap(entry)) return start(entry);
    }
  }
  return document.contents ? start(document.contents) : 0;
}

function start(node: { range?: Range | null | undefined }): number {
  return node.range?.[0] ?? 0;
}

function bad(lines: readonly string[]): StepFailure {
  return new StepFailure("BadInput", lines.join("\n"));
}
