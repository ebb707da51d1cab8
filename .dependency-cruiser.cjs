/** Who may know whom. Type-only imports are erased, so they may cross where code may not. */

const io = "^(node:)?(fs|child_process|net|http|https|dgram|cluster|worker_threads|tls|dns|readline|os)(/|$)";
const runtime = { dependencyTypesNot: ["type-only"] };

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "A cycle is two files that are one concern, or one file in the wrong room.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "resolvable",
      comment: "The import leads nowhere.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "workflows-are-deterministic",
      comment: "A workflow may run only workflow code, the contract and Temporal's workflow package.",
      severity: "error",
      from: { path: "^workflows/" },
      to: {
        ...runtime,
        pathNot: ["^workflows/", "^src/contract/", "node_modules/@temporalio/(workflow|common)/"],
      },
    },
    {
      name: "contract-is-import-free",
      comment: "The contract is bundled with every workflow: nothing but other parts of the contract.",
      severity: "error",
      from: { path: "^src/contract/" },
      to: { ...runtime, pathNot: "^src/contract/" },
    },
    {
      name: "activities-know-src",
      comment: "Steps use the house's parts, never workflows or the command line.",
      severity: "error",
      from: { path: "^activities/" },
      to: { path: "^(workflows|src/cli|test|demo|bench|scripts)/", ...runtime },
    },
    {
      name: "cli-knows-workflows-by-type",
      comment: "The command line speaks to workflows through Temporal.",
      severity: "error",
      from: { path: "^src/cli/" },
      to: { path: "^(workflows|activities|test|demo|bench|scripts)/", ...runtime },
    },
    {
      name: "src-below-the-steps",
      comment: "Only the worker, which registers them, knows the steps.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(cli/|temporal/worker)" },
      to: { path: "^(workflows|activities|test|demo|bench|scripts)/", ...runtime },
    },
    {
      name: "pure-rooms-do-no-io",
      comment: "Maths, prompts, plans and recipes are functions of their arguments.",
      severity: "error",
      from: { path: "^src/(preference|reward|ledger|evaluation|plan|prompt|recipe|report)/" },
      to: { path: io, ...runtime },
    },
    {
      name: "nothing-imports-cli",
      comment: "The command line is an end, not a part.",
      severity: "error",
      from: { pathNot: "^(src/cli|test)/" },
      to: { path: "^src/cli/" },
    },
    {
      name: "no-tests-in-the-product",
      comment: "What ships does not lean on tests or benchmarks.",
      severity: "error",
      from: { pathNot: "^(test|bench)/" },
      to: { path: "^(test|bench)/" },
    },
  ],
  options: {
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
