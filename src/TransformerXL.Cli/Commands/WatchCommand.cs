using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Inference.Watching;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Training.Dynamic;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl watch</c>: prints the lines of a growing file or a pipe that the model did not expect.</summary>
internal sealed class WatchCommand(Terminal terminal) : ICommandDefinition
{
    private static readonly WatchOptions s_standard = new();
    private static readonly TimeSpan s_idle = TimeSpan.FromMilliseconds(100);

    private readonly TrainedRunOptions _run = new();
    private readonly Argument<string> _file = new("FILE")
    {
        Description = "File that grows, read from its beginning; - reads standard input. [default: -]",
        DefaultValueFactory = _ => InputFile.StandardInput,
    };

    private readonly Option<double?> _quantile = NewOption.Real<double>(
        "--quantile", "Part of the earlier lines that a printed line exceeds in bits per character.", "above 0 and below 1", value => value is > 0 and < 1, s_standard.Quantile);

    private readonly Option<int?> _warmUp = NewOption.Whole("--warm-up", "Number of lines to read before any is printed.", 1, int.MaxValue, s_standard.WarmUp);
    private readonly Option<int?> _shortest = NewOption.Whole("--min-length", "Length in characters below which a line is read but not judged.", 1, int.MaxValue, s_standard.MinCharacters);
    private readonly Option<int?> _longest = NewOption.Whole("--max-line", "Length in bytes above which a line is judged in parts.", 64, 1 << 20, s_standard.MaxLineBytes);
    private readonly Option<int?> _memory = NewOption.Whole("--memory", "Memory length in tokens. [default: from the run]", 0, 1 << 20);
    private readonly Option<int?> _clamp = NewOption.Whole("--clamp", "Maximum relative distance in tokens; 0 for no limit. [default: the longest of training]", 0, 1 << 20);
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print one line of JSON for each line that stands out.");
    private readonly Option<string> _precision = PrecisionNames.NewOption();
    private readonly DynamicRunOptions _adapt = DynamicRunOptions.ForReading("Let a copy of the weights learn from judged lines");
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new("watch", "Read a growing file or a pipe without end and print the lines that the model did not expect.");
        _run.AddTo(command);
        command.Add(_file);
        foreach (Option option in (Option[])[_quantile, _warmUp, _shortest, _longest, _memory, _clamp, _precision, _json])
        {
            command.Add(option);
        }

        _adapt.AddTo(command);
        _machine.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        using StatusLine status = new(terminal);
        bool owns = _adapt.Rule(result) is null;
        ModelFolder trained = owns ? _run.Open(result, terminal, status) : _run.Load(result, terminal, stop);
        WatchOptions options = Options(result, trained, backend);
        options = options with { Scoring = options.Scoring with { OwnsModel = owns } };
        new MemoryCheck(terminal, _machine, result).Session(trained.Model.Configuration, options.Scoring.Session(), "this watch", "--memory");
        string path = result.GetRequiredValue(_file);
        using Stream input = Open(path, stop);
        long lines = 0, printed = 0;
        bool begins = true;
        double? threshold = null;
        try
        {
            IAsyncEnumerator<LineScore> watched = Watcher(result, trained, backend, options, stop).WatchAsync(input, stop).GetAsyncEnumerator(stop);
            await using ConfiguredAsyncDisposable end = watched.ConfigureAwait(false);
            while (true)
            {
                Task<bool> next = watched.MoveNextAsync().AsTask();
                if (lines > 0 && !next.IsCompleted && await Task.WhenAny(next, Task.Delay(s_idle, CancellationToken.None)).ConfigureAwait(false) != next)
                {
                    // Nothing more may come for long.
                    status.Show(Describe(lines, printed, threshold), always: true);
                }

                bool hasNext = await next.ConfigureAwait(false);
                begins = false;
                if (!hasNext)
                {
                    break;
                }

                LineScore line = watched.Current;
                (lines, threshold) = (line.Line, line.Threshold ?? threshold);
                if (line.StandsOut)
                {
                    printed++;
                    status.Clear();
                    Write(line, result.GetValue(_json));
                }
                else
                {
                    status.Show(Describe(lines, printed, threshold));
                }
            }
        }
        finally
        {
            status.Clear();
            if (terminal.Output.Failure is null && (!begins || stop.IsCancellationRequested))
            {
                terminal.Notes.WriteLine($"txl: {Describe(lines, printed, threshold)}");
            }
        }

        return ExitCode.Ok;
    }

    private LineWatcher Watcher(ParseResult result, ModelFolder trained, CpuBackend backend, WatchOptions options, CancellationToken stop)
    {
        if (_adapt.Rule(result) is not { } rule)
        {
            return new LineWatcher(trained.Model, trained.Vocabulary, backend, options);
        }

        ContextConfiguration context = trained.DefaultEvaluation().Context with { MemoryLength = options.Scoring.MemoryLength, ClampLength = options.Scoring.ClampLength };
        using DynamicRun dynamic = new(terminal, _adapt, result, trained, backend);
        dynamic.CheckMemory(new MemoryCheck(terminal, _machine, result), context, 1, "learning from the lines");
        TextFollower follower = dynamic.Follow(rule, context, stop);
        return new LineWatcher(follower.Model, trained.Vocabulary, backend, options, follower.Append);
    }

    internal WatchOptions Options(ParseResult result, ModelFolder trained, CpuBackend backend)
    {
        UnusedOptions.RefuseOfModel(result, trained.Model.Configuration, _memory, _clamp);
        WatchOptions standard = WatchOptions.ForTrained(trained.Configuration.Context);
        return standard with
        {
            Scoring = standard.Scoring with
            {
                MemoryLength = result.GetValue(_memory) ?? standard.Scoring.MemoryLength,
                ClampLength = result.GetValue(_clamp) ?? standard.Scoring.ClampLength,
                Precision = PrecisionNames.Parse(result.GetRequiredValue(_precision), backend),
            },
            Quantile = result.Get(_quantile),
            WarmUp = result.Get(_warmUp),
            MinCharacters = result.Get(_shortest),
            MaxLineBytes = result.Get(_longest),
        };
    }

    /// <summary>A file is followed as it grows; a pipe ends when its writer ends.</summary>
    private Stream Open(string path, CancellationToken stop)
    {
        if (path == InputFile.StandardInput || !IsRegular(path))
        {
            return InputFile.Open(path, terminal, null, stop);
        }

        try
        {
            return new GrowingFileStream(path, terminal.Clock);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputException($"'{path}' cannot be read: {FileFault.Reason(exception, path)}", exception);
        }
    }

    private static bool IsRegular(string path)
    {
        try
        {
            RegularFile.Require(path);
            return true;
        }
        catch (InputException)
        {
            return false;
        }
    }

    private void Write(LineScore line, bool json)
    {
        if (json)
        {
            new JsonLines(terminal.Out).Write(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("kind", "line");
                writer.WriteNumber("line", line.Line);
                writer.WriteNumber("part", line.Part);
                writer.WriteString("text", line.Text);
                writer.WriteNumber("characters", line.Characters);
                writer.WriteNumber("bits", line.Bits);
                writer.WriteNumber("bits_per_character", line.BitsPerCharacter);
                writer.WriteNumber("threshold", line.Threshold!.Value);
                writer.WriteEndObject();
            });
            return;
        }

        string place = line.Part == 0 ? $"{line.Line}" : $"{line.Line}.{line.Part}";
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{line.BitsPerCharacter:0.00} {place}: {(terminal.OutIsScreen ? ScreenText.Printable(line.Text) : line.Text)}"));
        terminal.Out.Flush();
    }

    private static string Describe(long lines, long printed, double? threshold) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Figures.Count(lines, "line")} read, {Figures.Count(printed)} stood out{(threshold is { } value ? $"; threshold {value:0.00} bits per character" : "; warming up")}");
}
