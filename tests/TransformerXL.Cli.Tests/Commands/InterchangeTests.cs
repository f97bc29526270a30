using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

public sealed class InterchangeTests(TrainedFixture fixture) : IClassFixture<TrainedFixture>
{
    [Theory]
    [InlineData("huggingface")]
    [InlineData("reference")]
    public async Task A_run_that_was_exported_and_imported_gives_every_token_the_same_score(string format)
    {
        using TemporaryFolder folder = new();
        string files = await FakeTerminal.OutputOf("export", fixture.Run, "--out", folder["exported"], "--format", format, "--checkpoint", "last");
        Assert.Contains("config.json", files, StringComparison.Ordinal);
        string hints = await FakeTerminal.OutputOf("import", folder["exported"], "--out", folder["imported"]);
        Assert.Contains("transformer-xl, 2 layers of 16", hints, StringComparison.Ordinal);
        Assert.Equal(
            await FakeTerminal.OutputOf("score", fixture.Run, fixture.Data, "--checkpoint", "last", "--threads", "1"),
            await FakeTerminal.OutputOf("score", folder["imported"], fixture.Data, "--threads", "1"));
    }

    [Fact]
    public async Task An_imported_model_is_shown_evaluated_and_writes()
    {
        using TemporaryFolder folder = new();
        string run = await ImportedAsync(folder);
        string info = await FakeTerminal.OutputOf("info", run);
        Assert.Contains("a model: weights and vocabulary", info, StringComparison.Ordinal);
        Assert.Contains("exported", info, StringComparison.Ordinal);
        Assert.DoesNotContain("checkpoints", info, StringComparison.Ordinal);
        string evaluated = await FakeTerminal.OutputOf("evaluate", run, "--data", fixture.Data, "--threads", "1");
        Assert.Contains("bits per character", evaluated, StringComparison.Ordinal);
        Assert.Contains("weights of a model folder", evaluated, StringComparison.Ordinal);
        Assert.Contains("\"step\":null", await FakeTerminal.OutputOf("evaluate", run, "--data", fixture.Data, "--threads", "1", "--json"), StringComparison.Ordinal);
        Assert.NotEmpty(await FakeTerminal.OutputOf("generate", run, "the ", "--tokens", "5", "--threads", "1"));
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("evaluate", run));
        Assert.Contains("has no text", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_imported_model_shows_no_recipe_that_it_never_had()
    {
        using TemporaryFolder folder = new();
        string run = await ImportedAsync(folder);
        string info = await FakeTerminal.OutputOf("info", run);
        Assert.DoesNotContain("learning rate", info, StringComparison.Ordinal);
        Assert.DoesNotContain("steps of batch", info, StringComparison.Ordinal);
        string json = await FakeTerminal.OutputOf("info", run, "--json");
        Assert.All((string[])["\"steps\":null", "\"holds\":\"model\"", "\"last\":null"], part => Assert.Contains(part, json, StringComparison.Ordinal));
        Assert.Contains("learning rate", await FakeTerminal.OutputOf("info", fixture.Run), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_command_that_uses_a_model_takes_a_model_folder()
    {
        using TemporaryFolder folder = new();
        string model = await ImportedAsync(folder);
        string text = folder.Write("short.txt", File.ReadAllText(fixture.Data)[..300]);
        string[][] lines =
        [
            ["score", model, text],
            ["surprise", model, text],
            ["attention", model, "--text", text, "--positions", "20"],
            ["context", model, "--data", text, "--most", "8", "--positions", "4"],
            ["export", model, "--out", folder["again"], "--format", "reference"],
        ];
        foreach (string[] line in lines)
        {
            Assert.NotEmpty(await FakeTerminal.OutputOf(line[0] == "export" ? line : [.. line, "--threads", "1"]));
        }
    }

    [Fact]
    public async Task What_needs_a_run_says_that_a_model_folder_is_none()
    {
        using TemporaryFolder folder = new();
        string model = await ImportedAsync(folder);
        string[] before = [.. Directory.EnumerateFileSystemEntries(model).Order()];
        string[][] lines = [["report", model], ["average", model], ["train", "--resume", model], ["train", "--out", model, "--data", fixture.Data, "--force"]];
        foreach (string[] line in lines)
        {
            using FakeTerminal terminal = new();
            Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(line));
            Assert.Contains("is a model folder", terminal.Error, StringComparison.Ordinal);
        }

        Assert.Equal(before, Directory.EnumerateFileSystemEntries(model).Order());
    }

    [Fact]
    public async Task A_text_to_evaluate_on_is_called_by_its_path()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        string text = folder.Write("short.txt", "a");
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("evaluate", fixture.Run, "--data", text, "--threads", "1"));
        Assert.Contains("short.txt", terminal.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("'train'", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_NUL_character_in_an_argument_is_wrong_usage()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("info", "a\0b"));
        Assert.Contains("'a\\u0000b'", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_imported_model_cannot_be_resumed_but_a_new_one_begins_with_its_weights()
    {
        using TemporaryFolder folder = new();
        string run = await ImportedAsync(folder);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("train", "--resume", run));
        Assert.Contains($"--init {run}", terminal.Error, StringComparison.Ordinal);
        await FakeTerminal.OutputOf("train", "--init", run, "--data", fixture.Data, "--out", folder["tuned"], "--steps", "2", "--batch", "4", "--sample", "0", "--threads", "1");
        string info = await FakeTerminal.OutputOf("info", folder["tuned"]);
        Assert.Contains("2 layers of 16", info, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(Path.Combine(run, "vocabulary.json")), File.ReadAllBytes(folder["tuned/vocabulary.json"]));
        await FakeTerminal.OutputOf("train", "--resume", folder["tuned"], "--steps", "3", "--threads", "1");
    }

    [Theory]
    [InlineData("differs from that of", "--layers", "3")]
    [InlineData("tie weights false here, true there; activation gelu here, relu there; tie projections all here, none there", "--activation", "gelu", "--untied", "--tie-projections", "all")]
    [InlineData("has its own vocabulary", "--vocabulary", "words")]
    public async Task What_does_not_go_with_the_weights_is_refused_before_the_text_is_read(string reason, params string[] options)
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["train", "--init", fixture.Run, "--data", fixture.Data, "--out", folder["new"], .. options]));
        Assert.Contains(reason, terminal.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["new"]));
    }

    [Fact]
    public async Task A_training_is_either_resumed_or_begun_with_weights()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("train", "--init", fixture.Run, "--resume", fixture.Run));
        Assert.Contains("name one of the two", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--out DIR", "import", "x")]
    [InlineData("--out DIR", "export", "x")]
    [InlineData("'before'", "import", "x", "--out", "y", "--norm", "before")]
    [InlineData("rising token ids", "import", "x", "--out", "y", "--cutoffs", "9,5")]
    [InlineData("must be one of: huggingface, reference", "export", "x", "--out", "y", "--format", "onnx")]
    public async Task A_wrong_line_is_told_what_is_allowed(string reason, params string[] line)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync(line));
        Assert.Contains(reason, terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_input_has_its_exit_code_and_the_name_of_what_is_wrong()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("import", folder["missing"], "--out", folder["run"]));
        Assert.Contains(folder["missing"], terminal.Error, StringComparison.Ordinal);
        await FakeTerminal.OutputOf("export", fixture.Run, "--out", folder["exported"]);
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("export", fixture.Run, "--out", folder["exported"]));
        Assert.Contains("holds files already; name another folder (--force)", terminal.Error, StringComparison.Ordinal);
        await FakeTerminal.OutputOf("export", fixture.Run, "--out", folder["exported"], "--force");
    }

    private async Task<string> ImportedAsync(TemporaryFolder folder)
    {
        await FakeTerminal.OutputOf("export", fixture.Run, "--out", folder["exported"]);
        await FakeTerminal.OutputOf("import", folder["exported"], "--out", folder["imported"]);
        return folder["imported"];
    }
}
