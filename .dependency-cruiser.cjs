/** Who may know whom. Arrows point down; type-only imports are erased, but a circle of types is a circle of ideas. */

const io = "^(node:)?(fs|child_process|net|http|https|dgram|cluster|worker_threads|tls|dns|readline|os)(/|$)";
const runtime = { dependencyTypesNot: ["type-only"] };
const contracts = "^src/(contract|pipeline/[^/]+/contract)/";

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "A cycle is two files that are one concern, or one file in the wrong room; types count.",
      severity: "error",
      from: {},
      to: { circular: true },
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
      comment: "A workflow may run only workflow code, contracts and Temporal's workflow package.",
      severity: "error",
      from: { path: "^workflows/" },
      to: {
        ...runtime,
        pathNot: ["^workflows/", contracts, "node_modules/@temporalio/(workflow|common)/"],
      },
    },
    {
      name: "contracts-are-import-free",
      comment: "Contracts are bundled with every workflow: nothing but other contracts.",
      severity: "error",
      from: { path: contracts },
      to: { pathNot: contracts },
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
      name: "a-pipeline-keeps-to-itself",
      comment:
        "A pipeline's room is known to the list of pipelines, to its own workflow and steps, and to nobody else.",
      severity: "error",
      from: { pathNot: "^(src/pipeline/|workflows/|activities/|test/|bench/|demo/)" },
      to: { path: "^src/pipeline/[^/]+/" },
    },
    {
      name: "no-pipeline-knows-another",
      comment: "What two pipelines share is in a shared room.",
      severity: "error",
      from: { path: "^(?:src/pipeline|workflows|activities)/([^/]+)/" },
      to: {
        path: "^(?:src/pipeline|workflows|activities)/[^/]+/",
        pathNot: ["^(?:src/pipeline|workflows|activities)/$1/", "^workflows/stages/"],
      },
    },
    {
      name: "shared-stages-are-neutral",
      comment: "Stages and steps that every pipeline can take speak of none.",
      severity: "error",
      from: { path: "^(workflows/stages/|activities/[^/]+\\.ts$)", pathNot: "^activities/index.ts$" },
      to: { path: "^(src/pipeline|workflows|activities)/[^/]+/", pathNot: "^workflows/stages/" },
    },
    {
      name: "pure-rooms-do-no-io",
      comment: "Maths, prompts and recipes are functions of their arguments.",
      severity: "error",
      from: { path: "^src/(preference|reward|benchmark|training|statistics|prompt|recipe|report)/" },
      to: { path: io, ...runtime },
    },
    {
      name: "the-ground-is-below",
      comment:
        "Files, processes, devices, images and data know nothing of models, pipelines, Temporal or people's output.",
      severity: "error",
      from: { path: "^src/(artifact|process|image|statistics|contract)/" },
      to: { path: "^src/(report|model|pipeline|run|temporal|client|cli|dataset|recipe|training|benchmark)/" },
    },
    {
      name: "reports-are-above",
      comment: "What people read is drawn by whoever speaks to people.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(report|pipeline|measuring|client|cli|temporal|index)" },
      to: { path: "^src/report/" },
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
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
