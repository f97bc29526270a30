using System.CommandLine;

namespace TransformerXL.Cli.Tests;

public class HelpTests
{
    private static readonly string[] Names = ["quickstart", "train", "presets", "config", "average", "evaluate", "context", "compare", "generate", "score", "attention", "surprise", "info", "report", "import", "export", "data", "bench"];

    public static TheoryData<string> Commands => new(Names);

    [Fact]
    public async Task Without_arguments_commands_and_exit_codes_are_listed()
    {
        string help = await FakeTerminal.OutputOf();
        Assert.All(Names, name => Assert.Contains($"  {name} ", help, StringComparison.Ordinal));
        Assert.All((string[])["0    done", "1    bad input", "2    wrong usage", "3    the training diverged", "70   internal error", "130  stopped"], line => Assert.Contains(line, help, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_option_with_a_number_tells_its_default_or_what_happens_without_it(string name)
    {
        using FakeTerminal terminal = new();
        Command command = new TxlApplication(terminal.Terminal).CreateRoot().Subcommands.Single(command => command.Name == name);
        string help = await FakeTerminal.OutputOf(name, "--help");
        foreach (Option option in command.Options.Where(option => option.HelpName is "N" or "NAME"))
        {
            string line = Assert.Single(help.Split('\n'), line => line.TrimStart().StartsWith(option.Name + " <", StringComparison.Ordinal));
            Assert.Contains("[default: ", line, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_option_and_argument_is_described_in_a_sentence(string name)
    {
        using FakeTerminal terminal = new();
        Command command = new TxlApplication(terminal.Terminal).CreateRoot().Subcommands.Single(command => command.Name == name);
        IEnumerable<Symbol> symbols = [command, .. command.Options, .. command.Arguments];
        Assert.All(symbols, symbol => Assert.Matches(@"^\P{Ll}.*[.\]]$", symbol.Description ?? ""));
    }

    [Fact]
    public async Task The_defaults_of_train_are_those_of_the_library()
    {
        string help = await FakeTerminal.OutputOf("train", "--help");
        Training.TrainingConfiguration training = new();
        Assert.Contains($"more of them train a run longer. [default: {training.Steps}]", help, StringComparison.Ordinal);
        Assert.Contains(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Highest learning rate. [default: {training.LearningRate}]"), help, StringComparison.Ordinal);
    }
}
