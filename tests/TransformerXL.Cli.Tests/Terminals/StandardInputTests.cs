using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Terminals;

/// <summary>A command that waits for its input can be stopped.</summary>
public class StandardInputTests(TrainedFixture trained) : IClassFixture<TrainedFixture>
{
    [Theory]
    [InlineData("score {run} -")]
    [InlineData("generate {run} -")]
    [InlineData("surprise {run} -")]
    [InlineData("attention {run} --text -")]
    public async Task The_first_wish_to_stop_ends_the_waiting(string command)
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource stop = new();
        using WaitingStream input = new(stop);
        using FakeTerminal terminal = new(openInput: () => input);
        Task<int> running = Task.Run(() => terminal.RunAsync(stop.Token, Words(command)));
        Assert.Equal(ExitCode.Cancelled, await running.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Theory]
    [InlineData("score {run} -")]
    [InlineData("generate {run} - --tokens 1")]
    [InlineData("surprise {run} - --out {folder}/page.html")]
    [InlineData("attention {run} --text - --out {folder}/attention")]
    public async Task Somebody_at_a_keyboard_is_told_that_the_text_is_read_from_there(string command)
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(input: TinyRun.Text(60), inputIsKeyboard: true);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(Words(command, folder)));
        Assert.Contains("txl: reading the text from the keyboard; Ctrl+", terminal.Error, StringComparison.Ordinal);
    }

    private string[] Words(string command, TemporaryFolder? folder = null) =>
        [.. command.Split(' ').Select(word => word.Replace("{run}", trained.Run, StringComparison.Ordinal).Replace("{folder}", folder?.Path, StringComparison.Ordinal))];

    /// <summary>Input that never comes; the stop is asked for once somebody waits for it.</summary>
    private sealed class WaitingStream(CancellationTokenSource stop) : MemoryStream
    {
        private readonly ManualResetEventSlim _never = new();

        public override int Read(Span<byte> buffer) => Wait();

        public override int Read(byte[] buffer, int offset, int count) => Wait();

        protected override void Dispose(bool disposing)
        {
            _never.Set();
            base.Dispose(disposing);
        }

        private int Wait()
        {
            ThreadPool.QueueUserWorkItem(_ => stop.Cancel());
            _never.Wait();
            return 0;
        }
    }
}
