import type { Client } from "@temporalio/client";
import { afterAll, beforeAll } from "vitest";
import type { Recipe } from "../../src/pipeline/index.ts";
import type { DevServer } from "../../src/temporal/dev-server.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import type { Host } from "../../src/temporal/worker.ts";
import { saveHistories } from "./histories.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { newRoot, startServer, startWorker } from "./world.ts";

export interface Stage {
  readonly root: string;
  readonly server: DevServer;
  readonly client: Client;
}

/** A root, a real server and a worker in this process for all tests of a file; their histories are kept for replay. */
export function stageForFile(): Stage {
  let stage: Stage & { close(): Promise<void> };
  let host: Host;
  beforeAll(async () => {
    const root = newRoot();
    stage = { root, ...(await startServer(root)) };
    host = await startWorker(root, stage.server.address);
  });
  afterAll(async () => {
    await saveHistories(stage.client);
    await host.stop();
    await stage.close();
  });
  return {
    get root() {
      return stage.root;
    },
    get server() {
      return stage.server;
    },
    get client() {
      return stage.client;
    },
  };
}

/** What a recipe comes to when nothing goes wrong, in a root of its own. */
export async function undisturbedOutcome(recipe: Recipe): Promise<Outcome> {
  const root = newRoot();
  const { server, client, close } = await startServer(root);
  const host = await startWorker(root, server.address);
  await startRun(client, recipe);
  const outcome = outcomeOf(root, await resultOf(client, recipe.name));
  await host.stop();
  await close();
  return outcome;
}
