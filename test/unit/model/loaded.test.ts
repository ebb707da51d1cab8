import { pino } from "pino";
import { expect, test } from "vitest";
import { parseDevices } from "../../../src/device/devices.ts";
import { createPools } from "../../../src/device/pools.ts";
import type { VlmSpec } from "../../../src/model/specs.ts";
import { createModels } from "../../../src/model/serve.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const spec = { backend: "simulated", serving: "digest", model: "models/critic", server: null } as VlmSpec;

test("a server that loaded something else than was meant is ended and serves nobody; a warm one is not looked at", async () => {
  const pools = createPools({
    devices: parseDevices("cpu:1"),
    roles: ["score"],
    threads: 1,
    stateFolder: temporaryFolder(),
  });
  const models = createModels(pools, { python: "", cwd: "", env: {} }, pino({ level: "silent" }));
  let looks = 0;
  const use = (changed: boolean) => {
    const onLoaded = async (): Promise<void> => {
      looks++;
      if (changed) throw new Error("critic.model changed");
    };
    const options = {
      signal: new AbortController().signal,
      onProgress: () => {},
      onWaiting: () => {},
      onLoaded,
      by: { run: "r", as: "critic" },
    };
    return models.withVlm("score", spec, options, () => Promise.resolve("served"));
  };
  await expect(use(true)).rejects.toThrow("critic.model changed");
  expect(await use(false)).toBe("served");
  expect(await use(true)).toBe("served");
  expect(looks).toBe(2);
  await models.close();
});
