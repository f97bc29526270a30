using System.Text.RegularExpressions;
using Spectre.Console;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Screens;

/// <summary>On narrow screens nothing is cut, and no word is broken.</summary>
public sealed partial class NarrowScreenTests(TrainedFixture trained) : IClassFixture<TrainedFixture>
{
    public static TheoryData<string, int> Commands
    {
        get
        {
            TheoryData<string, int> data = [];
            foreach (string command in (string[])["evaluate {run} --quiet", "info {run}", "presets", "context {run} --most 16 --positions 8", "train --preset wt103-base --print-config", "train --resume {run} --steps 2", "info nothing-there", "evaluate {run} --nonsense", "train --data x --out {run}", "compare --data {text} --out {folder}/c --models transformer-xl,no-recurrence,vanilla-half --steps 4 --layers 1 --model-size 16 --heads 2 --target 8 --memory 8 --batch 4 --positions 8 --most 16 --quiet", "attention {run} --tokens 20 --out {folder}/a"])
            {
                data.Add(command, 60);
                data.Add(command, 80);
            }

            // A file name in it is longer than 60 columns.
            data.Add("data list", 80);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task No_word_is_broken_or_cut(string command, int width)
    {
        using TemporaryFolder narrow = new(), wide = new();
        string[] found = await WordsAsync(command, width, narrow), expected = await WordsAsync(command, 1000, wide);
        HashSet<string> known = [.. expected];
        Assert.DoesNotContain(found, word => !known.Contains(word));
        Assert.Empty(expected.Except(found));
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    public void A_proposed_command_is_broken_between_words_as_a_shell_reads_it(int width)
    {
        using FakeTerminal terminal = new(isScreen: true, width: width);
        Hint.Write(terminal.Terminal, "Write:     ", "generate runs/a-run-with-a-long-name \"a quoted text\" --tokens 600 --temperature 0.6 --top-p 0.95");
        string[] lines = terminal.Out.TrimEnd().Split('\n');
        Assert.All(lines, line => Assert.True(line.TrimEnd().Length < width, line));
        Assert.Equal("Write:", lines[0].TrimEnd());
        string joined = string.Concat(lines.Skip(1).Select(line => line.Trim().TrimEnd('\\')));
        Assert.Equal("txl generate runs/a-run-with-a-long-name \"a quoted text\" --tokens 600 --temperature 0.6 --top-p 0.95", joined);
        Assert.All(lines.Skip(1).SkipLast(1), line => Assert.EndsWith("\\", line.TrimEnd(), StringComparison.Ordinal));
    }

    [Fact]
    public void Where_columns_do_not_fit_a_row_becomes_text()
    {
        FittingTable table = new(["name", "first", "second"]);
        table.AddRow(["one", new string('a', 20), new string('b', 20)]);
        Assert.Equal("name one\n  first aaaaaaaaaaaaaaaaaaaa,\n  second bbbbbbbbbbbbbbbbbbbb", Draw(table, 32));
        Assert.Matches("one +a{20} +b{20}", Draw(table, 80));
    }

    [Theory]
    [InlineData("日本語の文章を表示する", 10, 3)]
    [InlineData("abcdefghij", 10, 1)]
    public void Wide_letters_count_twice(string text, int width, int lines)
    {
        IReadOnlyList<string> wrapped = ScreenText.Wrap(text, width);
        Assert.Equal(lines, wrapped.Count);
        Assert.Equal(text, string.Concat(wrapped));
        Assert.All(wrapped, line => Assert.InRange(ScreenText.Columns(line), 1, width));
    }

    private static string Draw(FittingTable table, int width)
    {
        using StringWriter writer = new();
        FakeTerminal.Console(writer, false, width).Write(table);
        return string.Join('\n', writer.ToString().TrimEnd().Split('\n').Select(line => line.TrimEnd()));
    }

    /// <summary>The words of both outputs without what tells times, and without signs that only one layout has.</summary>
    private async Task<string[]> WordsAsync(string command, int width, TemporaryFolder folder)
    {
        using FakeTerminal terminal = new(isScreen: true, width: width);
        await terminal.RunAsync([.. command.Split(' ').Select(word => word.Replace("{run}", trained.Run, StringComparison.Ordinal).Replace("{text}", trained.Data, StringComparison.Ordinal).Replace("{folder}", folder.Path, StringComparison.Ordinal))]);
        string text = EscapeSequence().Replace(terminal.Out + terminal.Error, "").Replace(folder.Path, "FOLDER", StringComparison.Ordinal);
        return [.. text.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Select(word => word.Trim(',', '─', '\\')).Where(word => word.Length > 0 && !Figure().IsMatch(word)).Distinct()];
    }

    [GeneratedRegex("\u001b\\[[0-9;?]*[A-Za-z]")]
    private static partial Regex EscapeSequence();

    [GeneratedRegex("^[0-9.,:]+$")]
    private static partial Regex Figure();
}
