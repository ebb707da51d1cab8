import { accessSync, constants } from "node:fs";
import { tmpdir } from "node:os";
import { userName } from "./user.ts";

/**
 * What a child gets of this process's environment: who and where it is, where its caches and certificates lie, which
 * devices it sees, how they speak to each other. Nothing that says how numbers are computed (ACCELERATE_*, TORCH_*,
 * OMP_*, PYTHON*): a result's key knows the recipe, and a variable of somebody's shell is in no recipe. Nothing of a
 * launcher that this process happens to run under either (RANK, OMPI_*, PMI_*, SLURM_*): a runner would believe itself
 * part of that job.
 */
const PASSED = {
  self: "PATH HOME USER LOGNAME SHELL LANG LANGUAGE LC_* TZ TMPDIR TERM",
  folders: "XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR",
  libraries: "LD_LIBRARY_PATH LD_PRELOAD DYLD_LIBRARY_PATH",
  /** Some kernels are built on the host. */
  compilers: "CC CXX CPATH LIBRARY_PATH MAX_JOBS TORCH_CUDA_ARCH_LIST DS_SKIP_CUDA_CHECK",
  proxies: "http_proxy https_proxy no_proxy all_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY",
  certificates: "SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE",
  caches:
    "HF_* TRANSFORMERS_CACHE TRANSFORMERS_OFFLINE TORCH_HOME TORCH_EXTENSIONS_DIR TORCHINDUCTOR_CACHE_DIR TRITON_HOME TRITON_CACHE_DIR",
  devices: "CUDA_* NVIDIA_VISIBLE_DEVICES NVIDIA_DRIVER_CAPABILITIES ROCR_VISIBLE_DEVICES HIP_VISIBLE_DEVICES HSA_*",
  /** How a device's memory is handed out. */
  memory: "PYTORCH_ALLOC_CONF PYTORCH_CUDA_ALLOC_CONF PYTORCH_HIP_ALLOC_CONF PYTORCH_MPS_* PYTORCH_ENABLE_MPS_FALLBACK",
  /** How devices and hosts speak to each other. */
  links: "NCCL_* RCCL_* TORCH_NCCL_* GLOO_* UCX_* FI_*",
};

/** Names more variables that children get, with commas or blanks between them; a "*" at the end stands for any ending. */
const MORE = "SNOWBALL_PASS_ENV";

/** The part of an environment that children get. */
export function childEnvironment(from: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const passes = [...Object.values(PASSED), from[MORE] ?? ""].flatMap(namesIn).map(matching);
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(from)) {
    if (value !== undefined && passes.some((each) => each(name))) passed[name] = value;
  }
  // Programs take the first that is set, and ask the system, which may know no name for this user's id, for none.
  passed["USER"] ??= passed["LOGNAME"] ?? userName();
  if (passed["TMPDIR"] !== undefined && !isUsable(passed["TMPDIR"])) delete passed["TMPDIR"];
  return passed;
}

/** The folder for files of a moment: the one that the system names, unless it is missing. */
export function temporaryFolder(): string {
  return isUsable(tmpdir()) ? tmpdir() : "/tmp";
}

function namesIn(list: string): string[] {
  return list.split(/[\s,]+/).filter((name) => name !== "");
}

function matching(pattern: string): (name: string) => boolean {
  return pattern.endsWith("*") ? (name) => name.startsWith(pattern.slice(0, -1)) : (name) => name === pattern;
}

function isUsable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
