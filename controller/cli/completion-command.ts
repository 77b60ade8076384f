import { Argument, type Command } from "commander";
import type { Run } from "./command.ts";
import type { Shell } from "./completion.ts";

const SHELLS: readonly Shell[] = ["bash", "zsh", "fish"];
const KUBECTL = "kubectl";

const HOW = `
Examples, each loaded by its shell:
  bash  source <(velvet completion bash)               in ~/.bashrc
  zsh   source <(velvet completion zsh)                in ~/.zshrc, after compinit
  fish  velvet completion fish > ~/.config/fish/completions/velvet.fish

As a plugin, with names from the cluster; kubectl asks kubectl_complete-velvet, which the package puts beside kubectl-velvet:
  bash  source <(kubectl velvet completion bash)       the same as kubectl's own completion
  else  kubectl velvet completion kubectl > ~/bin/kubectl_complete-velvet && chmod +x ~/bin/kubectl_complete-velvet`;

export function addCompletion(program: Command, run: Run): void {
  program
    .command("completion")
    .addArgument(
      new Argument("<shell>", "for which shell; kubectl: the program that it asks").choices([...SHELLS, KUBECTL]),
    )
    .description("write the completion of commands and options for a shell")
    .addHelpText("after", HOW)
    .action(async (shell: Shell | typeof KUBECTL) =>
      run(async ({ out }) => {
        const { commandTree, completionScript, pluginProgram, pluginScript } = await import("./completion.ts");
        if (shell === KUBECTL) out.raw(pluginProgram());
        else if (isPlugin(program)) out.raw(pluginScript(shell));
        else out.raw(completionScript(shell, commandTree(program)));
        return 0;
      }),
    );
}

/** As kubectl names it. */
function isPlugin(program: Command): boolean {
  return program.name().startsWith("kubectl ");
}
