using System.CommandLine;

namespace TransformerXL.Cli.Tests;

public class HelpTests
{
    private static readonly string[] Names = NamesOfCommands();

    public static TheoryData<string> Commands => new(Names);

    public static TheoryData<string> Paths => new((string[])["", .. Names, "config schema", "data list", "data prepare", "data synthetic", "bench compress"]);

    [Fact]
    public async Task Without_arguments_commands_and_exit_codes_are_listed()
    {
        string help = await FakeTerminal.OutputOf();
        Assert.All(Names, name => Assert.Contains($"  {name} ", help, StringComparison.Ordinal));
        Assert.All((string[])["0    done", "1    bad input", "2    wrong usage", "3    the training diverged", "70   internal error", "130  stopped"], line => Assert.Contains(line, help, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData]
    [InlineData("train")]
    [InlineData("bench", "compress")]
    public async Task Help_may_be_asked_for_by_a_word(params string[] path) =>
        Assert.Equal(await FakeTerminal.OutputOf([.. path, "--help"]), await FakeTerminal.OutputOf(["help", .. path]));

    [Fact]
    public async Task An_old_name_of_a_command_still_works_and_is_not_listed()
    {
        Assert.DoesNotContain("surprise", await FakeTerminal.OutputOf(), StringComparison.Ordinal);
        Assert.Equal(await FakeTerminal.OutputOf("surprisal", "--help"), await FakeTerminal.OutputOf("surprise", "--help"));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_line_creates_only_the_command_that_it_names(string name)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(name, Assert.Single(new TxlApplication(terminal.Terminal).CreateRoot(["--quiet", name, "--help"]).Subcommands).Name);
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
            Assert.Contains("[default", line, StringComparison.Ordinal);
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

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Help_has_one_line_of_at_most_120_columns_for_each_option_and_ends_with_an_example(string path)
    {
        string help = await FakeTerminal.OutputOf([.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.All(help.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 120));
        Assert.All(Find(path).Options.Where(option => !option.Hidden), option => Assert.Single(help.Split('\n'), line => System.Text.RegularExpressions.Regex.IsMatch(line, $@"^  (-., )*{option.Name}( |$)")));
        string last = help.TrimEnd().Split('\n')[^1];
        Assert.StartsWith(path.Length > 0 ? $"  txl {path}" : "  txl ", last, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_option_has_a_group(string path) =>
        Assert.All(Find(path).Options, option => Assert.True(Help.OptionGroups.Of(path, option.Name) is not null, $"{path} {option.Name} is in no group of OptionGroups"));

    [Fact]
    public async Task The_groups_of_train_stand_in_order_and_what_is_required_comes_first()
    {
        string[] lines = (await FakeTerminal.OutputOf("train", "--help")).Split('\n');
        string[] headings = [.. lines.Where(line => line.EndsWith(':') && !line.StartsWith(' '))];
        Assert.Equal(
            ["Usage:", "Required:", "Starting point:", "Data:", "Examples and head, with --task:", "Vocabulary:", "Model:", "Segment and memory:", "Training:", "Pre-training, with an encoder:", "Optimizer:", "Schedule:", "Validation and checkpoints:", "Output:", "Machine:", "General:", "Examples:"],
            headings);
        int required = Array.IndexOf(lines, "Required:");
        Assert.StartsWith("  --data <PATH>", lines[required + 1], StringComparison.Ordinal);
        Assert.StartsWith("  --out <DIR>", lines[required + 2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    public async Task On_a_screen_help_keeps_to_its_width_and_breaks_only_between_words(int width)
    {
        using FakeTerminal terminal = new(isScreen: true, width: width);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("train", "--help"));
        string[] descriptions = [.. terminal.Out.Split('\n').SkipWhile(line => line != "Required:").TakeWhile(line => line != "Examples:")];
        Assert.All(descriptions, line => Assert.InRange(line.Length, 0, width));
        string whole = await FakeTerminal.OutputOf("train", "--help");
        Assert.Equal(Words(whole), Words(terminal.Out));

        static string[] Words(string text) => text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Scripts append to a line of their own; the last of an option wins, as with most programs.</summary>
    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_option_may_be_repeated(string path)
    {
        foreach (Option option in Find(path).Options.Where(option => option.Name is not ("--help" or "--version")))
        {
            string[] once = option.ValueType == typeof(bool) ? [option.Name] : [option.Name, option.HasDefaultValue ? $"{option.GetDefaultValue()}" : "1"];
            using FakeTerminal terminal = new();
            ParseResult result = new TxlApplication(terminal.Terminal).CreateRoot().Parse([.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. once, .. once]);
            Assert.DoesNotContain(result.Errors, error => error.Message.Contains("single argument", StringComparison.Ordinal) || error.Message.Contains("Unrecognized", StringComparison.Ordinal));
            Assert.Empty(result.UnmatchedTokens);
        }
    }

    [Theory]
    [InlineData("training.learningRate", "2", "--lr", "1", "--lr", "2")]
    [InlineData("model.layers", "3", "--layers", "9", "--layers", "3")]
    [InlineData("training.schedule", "Linear", "--schedule", "constant", "--schedule", "linear")]
    [InlineData("model.cutoffs", "7", "--cutoffs", "5,6", "--cutoffs", "7")]
    [InlineData("model.preNorm", "false", "--pre-norm", "--pre-norm", "false")]
    [InlineData("training.decayExclusions", "None", "--weight-decay", "0.1", "--decay-exclude", "biases", "--decay-exclude", "none")]
    [InlineData("training.optimizer.kind", "Adam", "--preset", "tiny", "--preset", "enwik8-base")]
    public async Task The_last_of_a_repeated_option_wins(string member, string value, params string[] options)
    {
        string printed = await FakeTerminal.OutputOf(["train", "--print-config", .. options]);
        string line = Assert.Single(printed.Split('\n'), line => line.StartsWith(member + " ", StringComparison.Ordinal));
        Assert.Equal(value, line[member.Length..].Trim().Split("  ")[0]);
    }

    [Fact]
    public async Task The_defaults_of_train_are_those_of_the_library()
    {
        string help = await FakeTerminal.OutputOf("train", "--help");
        Training.TrainingConfiguration training = new();
        Assert.Contains($"'train --resume' may raise it. [default: {training.Steps}]", help, StringComparison.Ordinal);
        Assert.Contains(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Maximum learning rate. [default: {training.LearningRate}]"), help, StringComparison.Ordinal);
    }

    private static Command Find(string path)
    {
        using FakeTerminal terminal = new();
        Command root = new TxlApplication(terminal.Terminal).CreateRoot();
        return path.Split(' ', StringSplitOptions.RemoveEmptyEntries).Aggregate(root, (command, name) => command.Subcommands.Single(subcommand => subcommand.Name == name));
    }

    private static string[] NamesOfCommands()
    {
        using FakeTerminal terminal = new();
        return [.. new TxlApplication(terminal.Terminal).CreateRoot().Subcommands.Where(command => !command.Hidden).Select(command => command.Name)];
    }
}
