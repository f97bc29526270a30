using System.CommandLine;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using TransformerXL.Analysis.Context;
using TransformerXL.Cli.Options;
using TransformerXL.Compression;
using TransformerXL.Interchange;
using TransformerXL.Server;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using TransformerXL.Training;
using TransformerXL.Training.Settings;

namespace TransformerXL.Cli.Tests;

/// <summary>Libraries name settings and speak of no command line; the command adds the option of a setting.</summary>
public sealed partial class OptionNamesTests(TrainedFixture fixture) : IClassFixture<TrainedFixture>
{
    public static TheoryData<string> Libraries => [.. ((Type[])[typeof(Tensor), typeof(InputException), typeof(Trainer), typeof(ModelImporter), typeof(ContextMeasurement), typeof(CompressionResult), typeof(ModelServer)]).Select(type => type.Assembly.Location)];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void No_text_of_a_library_names_an_option_or_a_command(string assembly)
    {
        using FileStream file = File.OpenRead(assembly);
        using PEReader image = new(file);
        MetadataReader metadata = image.GetMetadataReader();
        int read = 0;
        for (UserStringHandle handle = MetadataTokens.UserStringHandle(1); !handle.IsNil; handle = metadata.GetNextHandle(handle))
        {
            string text = metadata.GetUserString(handle);
            Assert.False(SpeaksOfCommandLine().IsMatch(text), $"{Path.GetFileName(assembly)} holds the text '{text}'");
            read++;
        }

        Assert.True(read > 10);
        string documentation = File.ReadAllText(Path.ChangeExtension(assembly, ".xml"));
        Assert.DoesNotMatch(SpeaksOfCommandLine(), documentation);
    }

    [Fact]
    public void Every_option_of_a_run_is_found_by_a_setting_that_it_changes()
    {
        Command command = new("train");
        RunOptions options = new();
        options.AddTo(command);
        foreach (Option option in command.Options)
        {
            // Some members are of one family alone.
            string[][] families = option.Name == "--model" ? [[]] : [[], ["--model", "rnn"], ["--model", "lstm"], ["--model", "encoder"]];
            IEnumerable<RunSettings> settings = families.Select(family => options.Apply(RunSettings.Standard, command.Parse([option.Name, Sample(option), .. family])));
            string[] changed = [.. settings.SelectMany(own => own.List()).Where(setting => setting.Origin.Name == option.Name).Select(setting => setting.Member)];
            Assert.True(changed.Any(member => OptionNames.Of(member).Contains(option.Name)), $"{option.Name} changes {string.Join(", ", changed)}");
        }
    }

    [Fact]
    public void A_contradiction_shows_values_as_they_are_typed()
    {
        IEnumerable<RunOption> all = [.. TaskRunOptions.All(), .. MaskingRunOptions.All(), .. CorpusRunOptions.All(), .. ModelRunOptions.All(), .. ContextRunOptions.All(), .. TrainingRunOptions.All(), .. OptimizerRunOptions.All(), .. ScheduleRunOptions.All()];
        foreach (RunOption option in all.Where(option => option.Option.ValueType == typeof(string) || option.Option.ValueType == typeof(bool)).Where(option => option.Option.HelpName is not ("PATH" or "FILE")))
        {
            string typed = Sample(option.Option);
            RootCommand command = new() { option.Option };
            string message = option.Contradiction(RunSettings.Standard.Configuration, command.Parse([option.Option.Name, typed]))!;
            Assert.StartsWith($"{option.Option.Name} is {(option.Option.Name == "--bytes" ? "bytes" : typed)} here, but ", message, StringComparison.Ordinal);
            Assert.DoesNotMatch("[A-Z]", message);
        }
    }

    [Fact]
    public async Task An_import_that_lacks_something_names_the_options_that_give_it()
    {
        using TemporaryFolder folder = new();
        await FakeTerminal.OutputOf("export", fixture.Run, "--out", folder["exported"], "--format", "reference");
        File.Delete(Path.Combine(folder["exported"], "config.json"));
        Assert.Contains("(pre_lnorm) or the segment length", await ErrorOf("import", folder["exported"], "--out", folder["model"]), StringComparison.Ordinal);
        Assert.EndsWith(" (--norm, --target, --memory)\n", await ErrorOf("import", folder["exported"], "--out", folder["model"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_in_a_layout_that_lacks_a_part_names_the_option_of_the_other_one()
    {
        using TemporaryFolder folder = new();
        await FakeTerminal.OutputOf(TinyRun.Train(folder.Write("text.txt", TinyRun.Text(2000)), folder["run"], 5, "--activation", "gelu"));
        Assert.EndsWith(
            "cannot represent the activation Gelu; the layout of the reference can (--format reference)\n",
            await ErrorOf("export", folder["run"], "--out", folder["exported"]),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_that_is_too_short_names_batch_and_target()
    {
        using TemporaryFolder folder = new();
        string text = folder.Write("short.txt", TinyRun.Text(10));
        string error = await ErrorOf(TinyRun.Train(text, folder["run"], 5, "--batch", "200"));
        Assert.EndsWith("use more text, a smaller batch or shorter targets (--batch, --target)\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_text_names_the_vocabulary_that_reads_it()
    {
        using TemporaryFolder folder = new();
        string text = folder.Write("latin.txt", [.. "caf"u8, 0xE9, .. " au lait"u8]);
        Assert.EndsWith("which reads any file (--vocabulary bytes)\n", await ErrorOf(TinyRun.Train(text, folder["run"], 5)), StringComparison.Ordinal);
        Assert.EndsWith(" accepts anything (--vocabulary bytes of 'txl train')\n", await ErrorOf("score", fixture.Run, text), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("batch size is 0, but must be from 1 to 65536", "training.batchSize", " (--batch)")]
    [InlineData("mine.json: training.batchSize: batch size is 0", "training.batchSize", "")]
    [InlineData("--batch 0 is too small", "training.batchSize", "")]
    [InlineData("positions are 3", "model.positionRows", "")]
    public void A_value_at_fault_names_its_option_unless_the_message_tells_where_it_stands(string message, string member, string hint)
    {
        Command train = new("train") { new Option<int>("--batch") };
        InputException error = new(message) { Member = member };
        Assert.Equal(hint, OptionNames.Hint(new InputException(message, error), train, train));
        Assert.Equal("", OptionNames.Hint(error, new Command("info"), train));
    }

    [Fact]
    public async Task Averaging_without_checkpoints_names_the_option_of_training_that_keeps_them() => Assert.EndsWith(
        "has kept no checkpoints to average; a training keeps them if its keepEvery is above 0 (--keep-every of 'txl train')\n",
        await ErrorOf("average", fixture.Run),
        StringComparison.Ordinal);

    [Fact]
    public async Task A_damaged_checkpoint_shows_the_command_that_begins_with_the_best_weights()
    {
        using TemporaryFolder folder = new();
        CopyFolder(fixture.Run, folder["run"]);
        File.Delete(Path.Combine(folder["run"], "checkpoints", "last", "state.json"));
        Assert.EndsWith(
            $": txl train --init {folder["run"]} --data {fixture.Data} --out {folder["run"]}-2\n",
            await ErrorOf("train", "--resume", folder["run"]),
            StringComparison.Ordinal);
    }

    private static async Task<string> ErrorOf(params string[] arguments)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(arguments));
        return terminal.Error.ReplaceLineEndings("\n");
    }

    /// <summary>A value that differs from the default.</summary>
    private static string Sample(Option option) => option switch
    {
        { ValueType: { } type } when type == typeof(bool) => "true",
        { Name: "--cutoffs" } => "7,9",
        { Name: "--decay-exclude" } => "none",
        { HelpName: "NAME", Description: { } description } => description[(description.IndexOf(':', StringComparison.Ordinal) + 1)..].Split('.')[0].Split(',')[1].Trim(),
        { ValueType: { } type } when type == typeof(double?) || type == typeof(float?) => "0.375",
        { HelpName: "N" } => "6",
        _ => "x",
    };

    private static void CopyFolder(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    [GeneratedRegex("(^|[^-\\w])--[a-z]|\\btxl [a-z]|<c>txl</c>")]
    private static partial Regex SpeaksOfCommandLine();
}
