import type { ActivityInterceptorsFactory } from "@temporalio/worker";
import type { RunRef, StoreName } from "../src/contract/run.ts";
import { StepFailure } from "../src/failure.ts";
import { asApplicationFailure } from "./step.ts";

/**
 * Gives a run the name of the store that its first step worked on, and refuses every later step of it on another store:
 * there nothing of the run would be found, and what is made would be lost to all others. A run that was begun without a
 * name is not looked at.
 */
export function ownStore(own: StoreName): ActivityInterceptorsFactory {
  return () => ({
    inbound: {
      async execute(input, next) {
        const run = input.args.map(runOf).find((each) => each !== undefined);
        if (run?.store !== undefined && run.store.id !== own.id)
          throw asApplicationFailure(wrongStore(run, run.store, own));
        const result = await next(input);
        return opened(result) ? { ...result, run: { ...result.run, store: own } } : result;
      },
    },
  });
}

/** The run that a step's argument is, or speaks of. */
function runOf(argument: unknown): RunRef | undefined {
  if (isRunRef(argument)) return argument;
  return opened(argument) ? argument.run : undefined;
}

function opened(value: unknown): value is { readonly run: RunRef } {
  return typeof value === "object" && value !== null && "run" in value && isRunRef(value.run);
}

function isRunRef(value: unknown): value is RunRef {
  if (typeof value !== "object" || value === null || !("name" in value) || !("recipe" in value)) return false;
  const { recipe } = value;
  return typeof recipe === "object" && recipe !== null && "sha256" in recipe;
}

function wrongStore({ name }: RunRef, wanted: StoreName, own: StoreName): StepFailure {
  return new StepFailure(
    "WrongStore",
    `The run ${name} keeps its artifacts in ${wanted.path} of ${wanted.host}, and a step of it came to a worker on ${own.host} ` +
      `that has another store, ${own.path}. Start that worker with the same --root, on a file system that both see, or stop it; ` +
      `then: bin/snowball resume ${name}`,
    { details: { wanted, own } },
  );
}
