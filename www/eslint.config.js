import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** The engine's files are the only ones that may know the Wasm package; views never reach past their state. */
const pkg = { group: ["**/pkg", "**/pkg/*"], message: "only engine.ts and engine.worker.ts import the Wasm package" };
const engine = { group: ["**/engine", "**/engine.worker"], message: "views get state and send(action), nothing else" };
const restricted = (...patterns) => ["error", { patterns }];

export default defineConfig(
  { ignores: ["dist", "dist-shots", "src/pkg", "node_modules"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["eslint.config.js"] } } },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "no-restricted-imports": restricted(pkg),
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Trusted Types: text and elements only" },
        { property: "outerHTML", message: "Trusted Types: text and elements only" },
        { property: "insertAdjacentHTML", message: "Trusted Types: text and elements only" },
      ],
    },
  },
  { files: ["src/engine.ts", "src/engine.worker.ts"], rules: { "no-restricted-imports": "off" } },
  { files: ["src/view/**"], rules: { "no-restricted-imports": restricted(pkg, engine) } },
);
