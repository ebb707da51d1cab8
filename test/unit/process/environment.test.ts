import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { startChild } from "../../../src/process/child.ts";
import { childEnvironment, temporaryFolder } from "../../../src/process/environment.ts";
import { runJob } from "../../../src/process/job.ts";

afterEach(() => void vi.unstubAllEnvs());

const SHELL = { PATH: "/bin", HOME: "/home/ada", USER: "ada" };

test("what changes results, breaks Python or belongs to another launcher stays outside", () => {
  const others = {
    ACCELERATE_MIXED_PRECISION: "bf16",
    ACCELERATE_USE_DEEPSPEED: "true",
    NVIDIA_TF32_OVERRIDE: "1",
    OMP_NUM_THREADS: "1",
    PYTHONHOME: "/nowhere",
    PYTHONOPTIMIZE: "2",
    PYTHONPATH: "/theirs",
    OMPI_COMM_WORLD_SIZE: "4",
    PMI_SIZE: "4",
    RANK: "3",
    WORLD_SIZE: "4",
    MASTER_PORT: "29500",
    AWS_SECRET_ACCESS_KEY: "secret",
  };
  expect(childEnvironment({ ...SHELL, ...others })).toEqual(SHELL);
});

test("who and where it is, its devices, its network and its caches pass", () => {
  const needed = {
    LC_ALL: "C.UTF-8",
    TZ: "UTC",
    LD_LIBRARY_PATH: "/usr/local/cuda/lib64",
    CUDA_VISIBLE_DEVICES: "1",
    NCCL_SOCKET_IFNAME: "eth0",
    PYTORCH_CUDA_ALLOC_CONF: "expandable_segments:True",
    HF_HOME: "/models",
    HF_HUB_OFFLINE: "1",
    https_proxy: "http://proxy:8080",
    NO_PROXY: "localhost",
  };
  expect(childEnvironment({ ...SHELL, ...needed })).toEqual({ ...SHELL, ...needed });
});

test("a site's own variables pass when it names them", () => {
  const site = { LICENSE_SERVER: "a", MELLANOX_X: "b", MELLANOX_Y: "c", OTHER: "d" };
  const passed = childEnvironment({ ...SHELL, ...site, SNOWBALL_PASS_ENV: "LICENSE_SERVER, MELLANOX_*" });
  expect(passed).toEqual({ ...SHELL, LICENSE_SERVER: "a", MELLANOX_X: "b", MELLANOX_Y: "c" });
});

test("a real child sees that part alone, and what it was given", async () => {
  vi.stubEnv("ACCELERATE_MIXED_PRECISION", "bf16");
  vi.stubEnv("PYTHONHOME", "/nowhere");
  const child = await startChild({
    name: "child",
    command: process.execPath,
    args: ["-e", "console.log(JSON.stringify(process.env))"],
    cwd: "/",
    env: { PYTHONHASHSEED: "0" },
  });
  let printed = "";
  for await (const line of child.lines) printed += line.text;
  const seen = JSON.parse(printed) as NodeJS.ProcessEnv;
  expect(seen).toMatchObject({ PATH: process.env["PATH"], PYTHONHASHSEED: "0" });
  expect(seen).not.toHaveProperty("ACCELERATE_MIXED_PRECISION");
  expect(seen).not.toHaveProperty("PYTHONHOME");
});

test("a folder for temporary files that is missing is neither used nor passed on", async () => {
  vi.stubEnv("TMPDIR", "/nowhere");
  expect(temporaryFolder()).toBe("/tmp");
  expect(childEnvironment()["TMPDIR"]).toBeUndefined();
  const job = {
    name: "job",
    command: process.execPath,
    args: ["-e", 'console.log(JSON.stringify({ event: "done", metrics: {} }))'],
    cwd: "/",
    request: {},
    silenceMs: 20_000,
    onEvent: () => {},
  };
  expect(await runJob(job, new AbortController().signal)).toEqual({});
});

test("a user's id that has no name gets one, for programs that would end without", ({ skip }) => {
  if (process.getuid?.() !== 0) return skip("only root can become somebody without a name");
  const module = fileURLToPath(new URL("../../../src/process/environment.ts", import.meta.url));
  // It becomes somebody else once all is loaded: who has no name may not read a clone in a private folder.
  const script = `const { childEnvironment } = await import(${JSON.stringify(module)});
    process.setgroups([]);
    process.setuid(54321);
    console.log(childEnvironment({}).USER);`;
  const args = ["--input-type=module", "-e", script];
  expect(execFileSync(process.execPath, args, { env: {}, encoding: "utf8" }).trim()).toBe("user-54321");
});
