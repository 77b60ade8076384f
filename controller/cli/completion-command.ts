import { Argument, type Command } from "commander";
import type { Run } from "./command.ts";
import type { Shell } from "./completion.ts";

const SHELLS: readonly Shell[] = ["bash", "zsh", "fish"];

const HOW = `
Examples, each loaded by its shell:
  bash  source <(velvet completion bash)               in ~/.bashrc
  zsh   source <(velvet completion zsh)                in ~/.zshrc, after compinit
  fish  velvet completion fish > ~/.config/fish/completions/velvet.fish`;

export function addCompletion(program: Command, run: Run): void {
  program
    .command("completion")
    .addArgument(new Argument("<shell>", "for which shell").choices(SHELLS))
    .description("write the completion of commands and options for a shell")
    .addHelpText("after", HOW)
    .action(async (shell: Shell) =>
      run(async ({ out }) => {
        const { commandTree, completionScript } = await import("./completion.ts");
        out.raw(completionScript(shell, commandTree(program)));
        return 0;
      }),
    );
}
