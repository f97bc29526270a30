using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using TransformerXL.Analysis.Attention;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl attention</c>: charts of a model's attention.</summary>
internal sealed class AttentionCommand(Terminal terminal) : ICommandDefinition
{
    private readonly TrainedRunOptions _run = new();
    private readonly Option<string?> _text = NewOption.Text("--text", "FILE", "UTF-8 text file; - reads standard input. [default: the validation text of the run]");
    private readonly Option<int?> _positions = NewOption.Whole("--positions", "Tokens that each token attends to. [default: 640, or the memory of evaluation if shorter]", 1, 1 << 16);
    private readonly Option<int?> _heads = NewOption.Whole("--heads", "Number of widest heads to show in detail.", 1, 64, 3);
    private readonly Option<int?> _tokens = NewOption.Whole("--tokens", "Tokens to average over; 0 for the whole text.", 0, int.MaxValue, 5000);
    private readonly Option<long[]> _at = new("--at")
    {
        Description = "Position of a token to show; may be repeated. [default: three of the last segment]",
        HelpName = "PLACE",
        CustomParser = ParsePlaces,
    };

    private readonly Option<string?> _out = NewOption.Text("--out", "DIR", "Folder of the page and its CSV files. [default: attention in the folder of the run]");
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print one line of JSON.");
    private readonly OpenOption _open = new();
    private readonly MachineOptions _machine = new();

    private static long[] ParsePlaces(ArgumentResult result)
    {
        long[] places = new long[result.Tokens.Count];
        for (int i = 0; i < places.Length; i++)
        {
            if (!long.TryParse(result.Tokens[i].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out places[i]))
            {
                result.AddError($"--at is '{result.Tokens[i].Value}', but must be a whole number from 0 on");
            }
        }

        if (places.Length > AttentionOptions.MaxTargets || places.Any(place => place < 0))
        {
            result.AddError($"--at takes places from 0 on, at most {AttentionOptions.MaxTargets} of them");
        }

        return places;
    }

    public Command Create()
    {
        Command command = new("attention", "Show what the heads of a model attend to: a page with heat maps, and CSV files.");
        _run.AddTo(command);
        foreach (Option option in (Option[])[_text, _positions, _heads, _tokens, _at, _out, _json])
        {
            command.Add(option);
        }

        _machine.AddTo(command);
        _open.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        ModelFolder trained = _run.Load(result, terminal, stop, forTask: true);
        string folder = result.GetValue(_out) ?? Path.Combine(trained.Path, "attention");
        if (!TransformerXL.Training.Corpora.RunFolders.IsOfPage(folder))
        {
            ExistingFiles.RequireNothingElse(folder);
        }

        if (trained.Configuration.Context is { MemoryLength: 0, TargetLength: var segment } && result.GetValue(_positions) > segment)
        {
            throw new InputException($"--positions {result.GetValue(_positions)} is more than the segment of {Figures.Count(segment, "token")}, which is all that a model without memory sees");
        }

        AttentionReader reader = new(trained.Model, backend, trained.Vocabulary);
        AttentionOptions fitting = trained.Model.Configuration.IsCausal
            ? AttentionOptions.ForTrained(trained.Configuration.Context, result.GetValue(_positions))
            : AttentionOptions.ForEncoder(trained.Configuration.Context, result.GetValue(_positions));
        AttentionOptions options = fitting with
        {
            MaxQueries = result.Get(_tokens),
            Targets = result.GetValue(_at) ?? [],
        };
        new MemoryCheck(terminal, _machine, result).SessionOf(
            trained.Model.Configuration, InferenceOptions.ForSegments(options.Context with { ExtendedLength = 0 }), "this reading", _positions.Name);
        string? file = result.GetValue(_text);
        string name = file is null ? "the validation text" : file == InputFile.StandardInput ? InputFile.NameOf(file) : Path.GetFileName(file);
        AttentionMap map;
        using (StatusLine status = new(terminal))
        {
            map = file is null ? ReadOwn(Read) : await ReadOtherAsync(file, Read, trained.Vocabulary, stop).ConfigureAwait(false);

            AttentionMap Read(IEnumerable<int> tokens) => reader.Read(tokens, options, new Status(status, trained.Vocabulary.Unit, options.MaxQueries), stop);
        }

        AttentionReport report = new()
        {
            Map = map,
            Vocabulary = trained.Vocabulary,
            Model = RunName.Of(trained.Path),
            Text = name,
            Widest = result.Get(_heads),
        };
        IReadOnlyList<string> files = report.Write(folder);
        AttentionScreen screen = new(map, files, report.Widest, trained.Vocabulary.Unit);
        if (result.GetValue(_json))
        {
            new JsonLines(terminal.Out).Write(screen.WriteJson);
        }
        else
        {
            terminal.OutConsole.Write(screen.Render());
            terminal.Out.WriteLine(files[0]);
        }

        terminal.Out.Flush();
        _open.Open(result, terminal, files[0]);
        return ExitCode.Ok;

        AttentionMap ReadOwn(Func<IEnumerable<int>, AttentionMap> read)
        {
            using Corpus corpus = new RunText(terminal, _text.Name).Reopen(trained.Path, stop);
            return corpus.Validation.Count > 0
                ? read(Tokens(corpus.Validation))
                : throw new InputException($"'{trained.Path}' has no validation text; name a text with --text");
        }
    }

    private Task<AttentionMap> ReadOtherAsync(string file, Func<IEnumerable<int>, AttentionMap> read, Vocabulary vocabulary, CancellationToken stop) => InputFile.NamingAsync(file, () =>
    {
        using StatusLine status = new(terminal);
        using Stream text = InputFile.Open(file, terminal, status, stop);
        return Task.FromResult(read(vocabulary.Encode(text)));
    });

    private static IEnumerable<int> Tokens(TokenFile file)
    {
        int[] block = new int[1 << 12];
        for (long start = 0; start < file.Count; start += block.Length)
        {
            int count = (int)Math.Min(block.Length, file.Count - start);
            file.Read(start, block.AsSpan(0, count));
            for (int i = 0; i < count; i++)
            {
                yield return block[i];
            }
        }
    }

    private sealed class Status(StatusLine line, string unit, long max) : IProgress<long>
    {
        private readonly WorkProgress _progress = new(line);

        public void Report(long value) => _progress.Show($"reading, averaged over {unit}s", value, max, $"{unit}s");
    }
}
