import type { EvaluatePlan, NamedPolicy } from "../../src/pipeline/evaluate/contract/plan.ts";
import type { Recipe } from "../../src/pipeline/evaluate/recipe.ts";
import { policyDigest } from "../../src/run/policy.ts";
import type { ActivityDeps } from "../deps.ts";
import { askingOf } from "../items.ts";
import { keepRecipe, openedAs } from "../open.ts";
import { findPolicy } from "../policy.ts";
import { openRunFolder } from "../run-folder.ts";
import type { StepContext } from "../step.ts";

/** The first step of an evaluation: finds every policy, reads every question and image, before any model is loaded. */
export async function openEvaluate(
  deps: ActivityDeps,
  context: StepContext,
  input: unknown,
  name: string,
): Promise<EvaluatePlan> {
  const recipe = openedAs(input, name, ["evaluate"]);
  const policies: NamedPolicy[] = [];
  for (const each of recipe.policies) policies.push(await named(deps, recipe, each));
  const asking = await askingOf(deps, context, recipe);
  const models = Object.fromEntries(policies.map(({ name: policy, digest }) => [policy, digest]));
  const kept = await keepRecipe(deps, { recipe, texts: {}, models });
  const folder = await openRunFolder(deps, name, {
    kind: "evaluations",
    data: asking.benchmarks.map((each) => each.name).join("+"),
    digest: kept.ref.sha256,
    files: { "config.json": kept.recipe },
  });
  const [first] = policies;
  return {
    run: { name, recipe: kept.ref },
    policy: first!.policy,
    digest: first!.digest,
    limits: kept.limits,
    folder,
    warnings: [],
    ...kept.listed,
    own: { policies, asking },
  };
}

async function named(
  deps: ActivityDeps,
  { answering }: Recipe,
  { name, ...wanted }: Recipe["policies"][number],
): Promise<NamedPolicy> {
  const { dtype, backend } = answering;
  const policy = await findPolicy(deps, { who: `policies ${name}`, backend, dtype, ...wanted });
  return { name, policy, digest: policyDigest(policy) };
}
