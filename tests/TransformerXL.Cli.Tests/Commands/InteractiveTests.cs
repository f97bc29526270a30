using System.Text;
using TransformerXL.Cli.Commands;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary><c>txl generate --interactive</c>.</summary>
public sealed class InteractiveTests(TrainedFixture trained) : IClassFixture<TrainedFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_line_of_a_pipe_is_continued_after_everything_before_it()
    {
        using FakeTerminal terminal = await RunAsync("the model\n\n /x\n", "--tokens", "5", "--seed", "3");
        string[] lines = terminal.Out.Split('\n');
        Conversation conversation = new(trained.Run);
        Assert.Equal([await conversation.Write("the model", 5, 3), await conversation.Write("", 5, 4), await conversation.Write(" /x", 5, 5), ""], lines);
    }

    [Fact]
    public async Task Commands_change_settings_and_take_back_forget_save_and_load()
    {
        string file = _folder["memory"];
        string input = string.Join('\n', "/seed 3", "/tokens 4", "/temperature 0", "the model", $"/save {file}", "a", "/undo", "a", "/reset", "the model", "/reset", $"/load {file}", "a", "/undo", "/undo", "/undo", "a", "//b", "/quit", "never read");
        using FakeTerminal terminal = await RunAsync(input);
        string[] lines = terminal.Out.Split('\n');
        string first = await Alone("the model", 4, 3, 0), after = await Alone($"the model{first}a", 4, 3, 0);
        Assert.Equal(8, lines.Length);
        Assert.Equal([first, after, after, first, after, after, lines[6], ""], lines);
        Assert.Contains("saved to", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Characters_of_a_line_that_are_unknown_are_counted()
    {
        using FakeTerminal terminal = await RunAsync("the ☃☃\nthe\n", "--tokens", "2");
        Assert.Contains("2 tokens of the line are unknown to the vocabulary.", terminal.Error, StringComparison.Ordinal);
        Assert.Single(terminal.Error.Split('\n'), line => line.Contains("unknown", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Settings_are_shown_as_options()
    {
        using FakeTerminal terminal = await RunAsync("/top-k 7\n/top-p 0.5\n/min-p 0.1\n/repetition-penalty 1.5\n/repetition-window 9\n/stop a\\nb\n/settings\n/help\n", "--seed", "3", "--tokens", "8");
        Assert.Contains("--tokens 8 --temperature 0.8 --top-k 7 --top-p 0.5 --min-p 0.1 --repetition-penalty 1.5 --repetition-window 9 --seed 3 --stop \"a\\nb\"", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("0 tokens read", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("/load FILE", terminal.Error, StringComparison.Ordinal);
        Assert.Empty(terminal.Out);
    }

    [Theory]
    [InlineData("/temperatur 1", "there is no command /temperatur")]
    [InlineData("/temperature", "/temperature needs a number, but got ''")]
    [InlineData("/top-k 1.5", "/top-k needs a whole number, but got '1.5'")]
    [InlineData("/top-p 2", "/top-p 2 is not allowed")]
    [InlineData("/tokens -1", "/tokens -1 is not allowed")]
    [InlineData("/load", "/load needs the name of a file")]
    [InlineData("/load /no/such/file", "/no/such/file")]
    public async Task A_command_that_is_refused_ends_a_pipe_and_goes_on_at_a_keyboard(string command, string expected)
    {
        using FakeTerminal pipe = new(input: command + "\nthe\n");
        Assert.Equal(ExitCode.BadInput, await pipe.RunAsync(Line()));
        Assert.Contains(expected, pipe.Error, StringComparison.Ordinal);
        Assert.Empty(pipe.Out);
        using FakeTerminal keyboard = new(input: command + "\nthe\n", inputIsKeyboard: true);
        Assert.Equal(ExitCode.Ok, await keyboard.RunAsync(Line("--tokens", "3")));
        Assert.Contains(expected, keyboard.Error, StringComparison.Ordinal);
        Assert.Equal(4, keyboard.Out.Length);
    }

    [Fact]
    public async Task A_file_that_is_no_memory_is_not_overwritten_and_a_refused_one_changes_nothing()
    {
        string notes = _folder["notes.txt"];
        await File.WriteAllTextAsync(notes, "important");
        using FakeTerminal terminal = new(input: $"/seed 3\nthe model\n/save {notes}\n/load {notes}\n/seed 3\na\n", inputIsKeyboard: true);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(Line("--tokens", "4", "--temperature", "0")));
        Assert.Equal("important", await File.ReadAllTextAsync(notes));
        Assert.Contains("is not overwritten; name another file", terminal.Error, StringComparison.Ordinal);
        string first = await Alone("the model", 4, 3, 0);
        Assert.Equal($"{first}\n{await Alone($"the model{first}a", 4, 3, 0)}\n", terminal.Out);
    }

    [Theory]
    [InlineData("--samples", "2")]
    [InlineData("--json")]
    [InlineData("--prompt-file", "x")]
    public async Task What_does_not_go_with_a_conversation_is_wrong_usage(params string[] more)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync(Line(more)));
        Assert.Contains($"--interactive and {more[0]} cannot be combined", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_are_edited_and_come_back()
    {
        const ConsoleModifiers Control = ConsoleModifiers.Control;
        Queue<ConsoleKeyInfo> keys = new([
            .. Typed("tha modex"), Key(ConsoleKey.Backspace), .. Typed("l"), Key(ConsoleKey.Home), Key(ConsoleKey.RightArrow), Key(ConsoleKey.RightArrow), Key(ConsoleKey.Delete), .. Typed("e"), Key(ConsoleKey.Enter),
            .. Typed("/reset"), Key(ConsoleKey.Enter),
            .. Typed("dra"), Key(ConsoleKey.UpArrow), Key(ConsoleKey.UpArrow), Key(ConsoleKey.DownArrow), Key(ConsoleKey.DownArrow), Key(ConsoleKey.U, Control), Key(ConsoleKey.UpArrow), Key(ConsoleKey.UpArrow), Key(ConsoleKey.Enter),
            Key(ConsoleKey.D, Control)]);
        using FakeTerminal terminal = new(isScreen: true, inputIsKeyboard: true, readKey: keys.Dequeue);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(Line("--tokens", "4", "--temperature", "0")));
        string text = await Alone("the model", 4, 3, 0);
        Assert.Equal($"{text}\n{text}\n", terminal.Out.Replace("\r", "", StringComparison.Ordinal));
        Assert.Contains("> the model", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("> dra", terminal.Error, StringComparison.Ordinal);
        Assert.Empty(keys);
    }

    [Fact]
    public async Task A_line_longer_than_the_screen_is_drawn_over_several_rows()
    {
        Queue<ConsoleKeyInfo> keys = new([.. Typed(new string('a', 18)), Key(ConsoleKey.Home), .. Typed("b"), Key(ConsoleKey.Enter)]);
        using FakeTerminal terminal = new(isScreen: true, width: 20);
        LineEditor editor = new(terminal.Terminal, keys.Dequeue);
        Assert.Equal("b" + new string('a', 18), await editor.ReadAsync("> ", CancellationToken.None));

        // The row is full: the cursor goes to the next one, and Home comes back from there.
        Assert.Contains($"\r\u001b[J> {new string('a', 18)}\r\n\r", terminal.Error, StringComparison.Ordinal);
        Assert.Contains($"\u001b[1A\r\u001b[J> {new string('a', 18)}\r\n\u001b[1A\r\u001b[2C", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_interrupt_at_the_prompt_gives_a_hint_and_the_second_ends()
    {
        using FakeTerminal terminal = new(inputIsKeyboard: true);
        ScriptedLines lines = new(terminal, [null, "the", null, null, "never read"]);
        Assert.Equal(ExitCode.Cancelled, await Loop(terminal, lines, out _));
        Assert.Equal(2, terminal.Error.Split("Ctrl+C once more ends.").Length - 1);
        Assert.Equal(["never read"], lines.Rest);
        Assert.Null(terminal.Terminal.Interrupted);
    }

    [Fact]
    public async Task An_interrupt_stops_the_text_which_is_remembered_and_the_next_one_at_the_prompt_ends()
    {
        FakeTerminal? terminal = null;
        using InterruptingStream output = new(7, () => terminal!.Terminal.Interrupted!());
        using FakeTerminal screen = terminal = new(inputIsKeyboard: true, output: output);
        ScriptedLines lines = new(terminal, ["the model"]);
        Assert.Equal(ExitCode.Ok, await Loop(terminal, lines, out PromptCommands commands, tokens: 0));
        Assert.Equal(1 + "the model".Length + 7, commands.Session.Tokens);

        lines = new ScriptedLines(terminal, ["a", Discarded, null, "never read"]);
        output.Reset();
        Assert.Equal(ExitCode.Cancelled, await Loop(terminal, lines, out _, tokens: 0));
    }

    private Task<int> Loop(FakeTerminal terminal, ILineSource lines, out PromptCommands commands, long tokens = 3)
    {
        CpuBackend backend = new(threads: 1);
        ModelFolder folder = ModelFolder.Load(trained.Run);
        GenerationOptions options = GenerationOptions.ForTrained(folder.Configuration.Context) with { MaxTokens = tokens, Seed = 3 };
        commands = new PromptCommands(terminal.Terminal, InferenceSession.Create(folder.Model, backend, options.Session()), options);
        return new PromptLoop(terminal.Terminal, new Generator(folder.Model, folder.Vocabulary, backend), commands, CancellationToken.None).RunAsync(lines, null);
    }

    private string[] Line(params string[] more) => ["generate", trained.Run, "--interactive", "--threads", "1", "--seed", "3", .. more];

    private async Task<FakeTerminal> RunAsync(string input, params string[] more)
    {
        FakeTerminal terminal = new(input: input);
        int code = await terminal.RunAsync(["generate", trained.Run, "--interactive", "--threads", "1", .. more]);
        Assert.True(code == ExitCode.Ok, terminal.Error);
        return terminal;
    }

    private async Task<string> Alone(string prompt, int tokens, ulong seed, double temperature = 0.8) => await new Conversation(trained.Run).Write(prompt, tokens, seed, temperature);

    private static ConsoleKeyInfo[] Typed(string text) => [.. text.Select(letter => new ConsoleKeyInfo(letter, ConsoleKey.None, false, false, false))];

    private static ConsoleKeyInfo Key(ConsoleKey key, ConsoleModifiers modifiers = 0) =>
        new(key == ConsoleKey.Enter ? '\r' : '\0', key, false, false, modifiers.HasFlag(ConsoleModifiers.Control));

    /// <summary>What a generator writes with a session.</summary>
    private sealed class Conversation
    {
        private readonly ModelFolder _folder;
        private readonly Generator _generator;
        private readonly GenerationOptions _options;
        private readonly InferenceSession _session;

        public Conversation(string run)
        {
            _folder = ModelFolder.Load(run);
            CpuBackend backend = new(threads: 1);
            _generator = new Generator(_folder.Model, _folder.Vocabulary, backend);
            _options = GenerationOptions.ForTrained(_folder.Configuration.Context);
            _session = InferenceSession.Create(_folder.Model, backend, _options.Session());
        }

        public async Task<string> Write(string prompt, int tokens, ulong seed, double temperature = 0.8)
        {
            StringBuilder text = new();
            GenerationOptions options = _options with { MaxTokens = tokens, Seed = seed, Sampling = _options.Sampling with { Temperature = temperature } };
            await foreach (string piece in _generator.GenerateAsync(_session, prompt, options))
            {
                text.Append(piece);
            }

            return text.ToString();
        }
    }

    /// <summary>A line that is not complete when Ctrl+C comes.</summary>
    private const string Discarded = "discarded";

    /// <summary>Lines; null stands for Ctrl+C.</summary>
    private sealed class ScriptedLines(FakeTerminal terminal, IEnumerable<string?> lines) : ILineSource
    {
        private readonly Queue<string?> _lines = new(lines);

        public IEnumerable<string?> Rest => _lines;

        public bool HasText { get; private set; }

        public async Task<string?> ReadAsync(string prompt, CancellationToken cancellationToken)
        {
            if (!_lines.TryDequeue(out string? line))
            {
                return null;
            }

            HasText = line == Discarded;
            if (line is null or Discarded)
            {
                Assert.True(terminal.Terminal.Interrupted!());
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return line;
        }
    }

    /// <summary>Standard output that does something when it has been written to so often.</summary>
    private sealed class InterruptingStream(int times, Action action) : MemoryStream
    {
        private int _writes;

        public void Reset() => _writes = 0;

        public override void Write(byte[] buffer, int offset, int count)
        {
            base.Write(buffer, offset, count);
            if (++_writes == times)
            {
                action();
            }
        }
    }
}
