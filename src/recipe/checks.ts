import { changesOf, recipeAt } from "./at-iteration.ts";
import { ASKS_WITH } from "./parts/scoring.ts";
import { givenPairsOf, type Recipe } from "./pipelines/index.ts";
import type { Problem } from "./problem.ts";

/** What fields say together: each rule returns its problem or nothing. */
type Rule = (recipe: Recipe) => Problem | undefined | false;

/** Terms that use label_smoothing; TRL ignores it in `sigmoid` without a word. */
const SMOOTHED = ["robust", "exo_pair"];

/** Tied embeddings: merged and adapter would differ by 10 and more logits. */
const NO_ADAPTER = /embed|lm_head|wte/;

/** Pixels a side of one patch of the editor's latents. */
const EDITOR_GRID = 16;

/** Fields of TRL's config that Snowball sets itself; `extra` must not change them behind its back. */
const RESERVED = new Set([
  "output_dir",
  "seed",
  "data_seed",
  "max_length",
  "report_to",
  "save_strategy",
  "save_total_limit",
  "use_cpu",
  "remove_unused_columns",
  "precompute_ref_log_probs",
  "model_init_kwargs",
  "resume_from_checkpoint",
  "eval_strategy",
  "push_to_hub",
]);

/** Parts that only a full fine-tuning could train. */
const FREEZES = ["freeze_language_model", "freeze_vision_tower", "freeze_merger"] as const;

const RULES: readonly Rule[] = [
  (recipe) =>
    recipe.data.path === undefined &&
    givenPairsOf(recipe) === undefined && {
      path: ["data", "path"],
      message: "data.path is missing; the file of questions is needed, or round.pairs to start from.",
    },
  ({ data }) =>
    data.path === undefined &&
    data.held_out.val + data.held_out.test > 0 && {
      path: ["data", "path"],
      message:
        "data.path is missing, but data.held_out asks for questions; a file of questions, or no held_out, is needed.",
    },
  (recipe) =>
    recipe.pipeline === "single-round" &&
    recipe.round.stop_after === "pairs" &&
    recipe.round.pairs !== undefined && {
      path: ["round", "stop_after"],
      message: "round.stop_after is pairs, but round.pairs gives them already; one of the two is needed.",
    },
  ({ planner }) =>
    planner.temperature === 0 && {
      path: ["planner", "temperature"],
      message: `planner.temperature is 0, so all ${planner.num_rollouts} rollouts of a question would be the same; a number above 0 is needed.`,
    },
  ({ scoring: { method }, prompt }) => {
    const missing = ASKS_WITH[method].find((field) => prompt[field] === undefined);
    return (
      missing !== undefined && {
        path: ["prompt", missing],
        message: `prompt.${missing} is missing; scoring.method ${method} needs the file of that question.`,
      }
    );
  },
  ({ scoring: { method, weights } }) =>
    weights !== undefined &&
    method !== "both" && {
      path: ["scoring", "weights"],
      message: `scoring.weights is given, but scoring.method is ${method}; it has to go, or method both is needed.`,
    },
  ({ scoring: { weights } }) =>
    weights?.confidence === 0 &&
    weights.explicit === 0 && {
      path: ["scoring", "weights"],
      message: "scoring.weights are both 0; one above 0 is needed, or nothing is scored.",
    },
  (recipe) => pixelLimits(recipe, "planner"),
  (recipe) => pixelLimits(recipe, "critic"),
  (recipe) => pixelLimits(recipe, "evaluator"),
  ({ data, loop }) =>
    data.max_samples !== undefined &&
    data.max_samples < loop.num_iterations && {
      path: ["data", "max_samples"],
      message: `data.max_samples is ${data.max_samples}; at least one question for each of the ${loop.num_iterations} iterations is needed.`,
    },
  ({ training: { loss_type: terms, loss_weights: weights } }) =>
    weights !== undefined &&
    weights.length !== terms.length && {
      path: ["training", "loss_weights"],
      message: `training.loss_weights has ${weights.length} entries; ${terms.length} are needed, one per term of training.loss_type.`,
    },
  ({ training: { loss_weights: weights } }) =>
    weights?.every((weight) => weight === 0) && {
      path: ["training", "loss_weights"],
      message: "training.loss_weights are all 0; one above 0 is needed, or nothing is learned.",
    },
  ({ training: { loss_type: terms } }) =>
    new Set(terms).size < terms.length && {
      path: ["training", "loss_type"],
      message: "training.loss_type names a term twice; each term once is needed (loss_weights weighs them).",
    },
  ({ training: { label_smoothing: smoothing, loss_type: terms } }) =>
    smoothing > 0 &&
    !terms.some((term) => SMOOTHED.includes(term)) && {
      path: ["training", "label_smoothing"],
      message: `training.label_smoothing is ${smoothing}, but ${terms.join(" + ")} ignores it; ${SMOOTHED.join(" or ")} in training.loss_type, or 0, is needed.`,
    },
  ({ training: { lora_target: layers } }) => {
    const index = layers.findIndex((layer) => NO_ADAPTER.test(layer));
    return (
      index >= 0 && {
        path: ["training", "lora_target", index],
        message: `training.lora_target has ${layers[index]}; only linear layers inside the language model are possible, because merging tied embeddings changes the model.`,
      }
    );
  },
  ({ training: { lora_target: layers } }) => {
    const index = layers.indexOf("all-linear");
    return (
      index >= 0 && {
        path: ["training", "lora_target", index],
        message: "training.lora_target has all-linear, which takes in the vision tower; the layers' names are needed.",
      }
    );
  },
  ({ training }) =>
    training.tuning === "full" &&
    training.freeze_language_model &&
    training.freeze_vision_tower &&
    training.freeze_merger && {
      path: ["training", "freeze_language_model"],
      message: "training freezes language model, vision tower and merger; one of them is needed to train.",
    },
  ({ training }) => {
    const frozen = FREEZES.find((field) => training[field]);
    return (
      training.tuning === "lora" &&
      frozen !== undefined && {
        path: ["training", frozen],
        message: `training.${frozen} is true, but training.tuning is lora, which trains an adapter alone; it has to go, or tuning full is needed.`,
      }
    );
  },
  ({ training: { lr_scheduler_type: schedule, warmup_steps: warmup } }) =>
    schedule === "constant" &&
    warmup > 0 && {
      path: ["training", "warmup_steps"],
      message: `training.warmup_steps is ${warmup}, but the constant schedule has no warm-up; lr_scheduler_type constant_with_warmup is needed.`,
    },
  ({ training: { extra, ...own } }) => {
    const key = Object.keys(extra).find((name) => name in own || RESERVED.has(name));
    if (key === undefined) return undefined;
    const advice = key in own ? `it is needed as training.${key}` : "Snowball sets it itself and it has to go";
    return { path: ["training", "extra", key], message: `training.extra.${key} would override the recipe; ${advice}.` };
  },
  ({ planner, training }) =>
    (planner.backend === "simulated") !== (training.backend === "simulated") && {
      path: ["training", "backend"],
      message: `training.backend is ${training.backend} while planner.backend is ${planner.backend}; a simulated planner and simulated training are needed together.`,
    },
  ({ loop, data }) =>
    loop.gate === "roll_back" &&
    data.held_out.val === 0 && {
      path: ["loop", "gate"],
      message: "loop.gate is roll_back, but data.held_out.val is 0; questions to look at are needed.",
    },
  ({ loop: { controls }, evaluation }) =>
    controls.random_view &&
    evaluation.reference_views.length === 0 && {
      path: ["loop", "controls", "random_view"],
      message: "loop.controls.random_view is true; evaluation.reference_views to draw from are needed.",
    },
  ({ evaluation: { reference_views: views } }) => {
    const names = ["policy", "no_view", ...views.map((view) => view.name)];
    const index = names.findIndex((name, place) => names.indexOf(name) < place);
    return (
      index >= 0 && {
        path: ["evaluation", "reference_views", index - 2, "name"],
        message: `evaluation.reference_views[${index - 2}].name is ${names[index]}, which is taken; another name is needed.`,
      }
    );
  },
  ({ executor: { backend, model } }) =>
    backend === "flux2-klein" &&
    model === undefined && {
      path: ["executor", "model"],
      message: "executor.model is missing; the folder of a FLUX.2 klein checkpoint is needed.",
    },
  ({ executor: { backend, model } }) =>
    backend !== "flux2-klein" &&
    model !== undefined && {
      path: ["executor", "model"],
      message: `executor.model is given, but ${backend} has no model; it has to go, or backend flux2-klein is needed.`,
    },
  ({ executor }) => {
    const side = (["width", "height"] as const).find((each) => executor[each] % EDITOR_GRID !== 0);
    return (
      executor.backend === "flux2-klein" &&
      side !== undefined && {
        path: ["executor", side],
        message: `executor.${side} is ${executor[side]}; flux2-klein needs a multiple of ${EDITOR_GRID}.`,
      }
    );
  },
  (recipe) =>
    recipe.simulate !== undefined &&
    ![recipe.planner, recipe.executor, recipe.critic, recipe.evaluator, recipe.training].some(
      (role) => role.backend === "simulated",
    ) && {
      path: ["simulate"],
      message: "simulate is given, but no backend is simulated; it has to go, or a backend: simulated is needed.",
    },
];

/** Problems between fields that are each fine alone. */
export function checkTogether(recipe: Recipe): Problem[] {
  return [...RULES.flatMap((rule) => rule(recipe) || []), ...checkChanges(recipe)];
}

/** What is changed in the middle of a run must fit the rest as if it had stood there from the start. */
function checkChanges(recipe: Recipe): Problem[] {
  const { num_iterations: iterations } = recipe.loop;
  const starts = changesOf(recipe).map((each) => each.from_iteration);
  return starts.flatMap((from, place) => {
    const path = ["changes", place, "from_iteration"];
    if (from >= iterations) {
      return [{ path, message: `changes[${place}].from_iteration is ${from}; at most ${iterations - 1} is needed.` }];
    }
    if (starts.indexOf(from) < place) {
      return [{ path, message: `changes[${place}].from_iteration is ${from}, as before; one entry each is needed.` }];
    }
    return RULES.flatMap((rule) => rule(recipeAt(recipe, from)) || []).map(({ message }) => ({
      path,
      message: `From iteration ${from} on: ${message}`,
    }));
  });
}

function pixelLimits(recipe: Recipe, role: "planner" | "critic" | "evaluator"): Problem | undefined {
  const { min_pixels: min, max_pixels: max } = recipe[role];
  if (min <= max) return undefined;
  return {
    path: [role, "min_pixels"],
    message: `${role}.min_pixels is ${min}; at most ${role}.max_pixels (${max}) is needed.`,
  };
}
