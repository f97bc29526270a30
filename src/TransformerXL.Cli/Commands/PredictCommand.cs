using System.CommandLine;
using System.CommandLine.Parsing;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Predictions;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Inference.Ordering;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Training;
using TransformerXL.Training.Examples;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl predict</c>: the predictions of a model that was trained for a task.</summary>
internal sealed class PredictCommand(Terminal terminal) : ICommandDefinition
{
    private const int FileBatch = 16;
    private const string AsTrained = "trained", Marks = "punctuation";

    private readonly TrainedRunOptions _run = new();
    private readonly Argument<string> _file = new("FILE") { Description = "Texts: a file, or a folder with one for each class; - reads standard input. [default: -]", DefaultValueFactory = _ => InputFile.StandardInput };
    private readonly Option<string> _input = NewOption.Choice("--input", "Form of the input", ["auto", PredictionInput.Lines, PredictionInput.Document, PredictionInput.Json, PredictionInput.Examples], "auto");
    private readonly ExampleColumnOptions _columns = new(hasLabels: false);
    private readonly Option<int?> _batch = NewOption.Whole("--batch", "Texts computed together; changes no result. [default: 16 from files, 1 from streams]", 1, 1 << 12);
    private readonly Option<int?> _top = NewOption.Whole("--top", "Maximum labels to list with their probabilities; 0 for all.", 0, 1 << 20, 0);
    private readonly Option<bool> _inOrder = NewOption.Flag("--in-order", "Predict each label with the texts before; 'txl evaluate --in-order' comes first.");
    private readonly Option<string> _words = NewOption.Choice("--words", "Division of a text into words", [AsTrained, "spaces", Marks], AsTrained);
    private readonly Option<bool> _explain = NewOption.Flag("--explain", "Tell which tokens moved each prediction: in colours on a screen, otherwise in the JSON.");
    private readonly Option<string?> _explainPage = NewOption.Text("--explain-page", "FILE", "Write the explanations of up to 100 texts to this page; implies --explain.");
    private readonly Option<int?> _leaveOut = NewOption.Whole("--leave-out", "Maximum tokens of a text to leave out one by one for --explain; 0 for none.", 0, 1 << 24, new ExplanationOptions().MaxLeftOut);
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new("predict", "Print the prediction of a model of 'txl train --task' for each text, as lines of JSON.");
        _run.AddTo(command);
        command.Add(_file);
        command.Add(_input);
        _columns.AddTo(command);
        command.Add(_batch);
        command.Add(_top);
        command.Add(_inOrder);
        command.Add(_words);
        command.Add(_explain);
        command.Add(_explainPage);
        command.Add(_leaveOut);
        command.Validators.Add(result =>
        {
            if (Explains(result) && result.GetValue(_input) == PredictionInput.Document)
            {
                result.AddError($"--explain keeps all tokens of a text in memory, which --input {PredictionInput.Document} does not; give the text as a line or as JSON");
            }

            if (result.GetValue(_inOrder) && (Explains(result) || result.GetValue(_input) == PredictionInput.Document))
            {
                result.AddError(Explains(result)
                    ? $"--explain tells what moved the label of a text alone; leave out {_inOrder.Name}"
                    : $"--input {PredictionInput.Document} reads a single text, which has none before it; leave out {_inOrder.Name}");
            }

            if (result.GetResult(_leaveOut) is { Implicit: false } && !Explains(result))
            {
                result.AddError("--leave-out means nothing without --explain");
            }
        });
        _machine.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        string? page = result.GetValue(_explainPage);
        if (page is not null)
        {
            ExistingFiles.RequirePage(page);
        }

        using CpuBackend backend = _machine.CreateBackend(result);
        using StatusLine status = new(terminal);
        bool owns = !Explains(result.CommandResult);
        ModelFolder trained = owns ? _run.Open(result, terminal, terminal.OutIsScreen ? null : status, forTask: true) : _run.Load(result, terminal, stop, forTask: true);
        if (trained.Head is null)
        {
            string uses = trained.Model.Configuration.IsCausal ? "a language model: 'txl generate' and 'txl score'" : "an encoder without a task: 'txl fill-mask' and 'txl embed'";
            throw new InputException($"{_run.Path(result)} is {uses} use it, and 'txl train --task classify --init {_run.Path(result)}' makes a classifier of it");
        }

        string path = result.GetRequiredValue(_file), format = result.GetRequiredValue(_input);
        HeadKind kind = trained.Head.Configuration.Kind;
        bool isGuessed = format == "auto";
        TransformerXL.Require.That(
            format != PredictionInput.Examples || path != InputFile.StandardInput,
            $"examples are read from a file or a folder, not from standard input; name one, or give JSON lines with --input {PredictionInput.Json}");
        _columns.RequireFor(result.CommandResult, trained.Path, kind);
        if (result.IsGiven(_top) && kind is not (HeadKind.OneLabel or HeadKind.SeveralLabels))
        {
            throw new InputException($"{_top.Name} limits the labels of a text, but {trained.Path} predicts {TaskFolders.Words(kind)}");
        }

        LabelFilter? filter = null;
        if (result.GetValue(_inOrder))
        {
            LabelOrders.RequireKind(trained, _inOrder.Name);
            filter = new LabelFilter(LabelOrders.Require(trained));
        }

        ExampleOptions ofRun = OptionsOf(trained), options = _columns.Read(result, ofRun, isNumbered: false);
        format = isGuessed ? PredictionFormat.Of(path == InputFile.StandardInput ? null : path, trained.Head.Configuration, options) : format;
        if (format == PredictionInput.Examples && kind == HeadKind.Tags)
        {
            options = _columns.Read(result, ofRun, ExampleFiles.HasNumberedColumns(path, ofRun));
        }
        else if (format is PredictionInput.Lines or PredictionInput.Document && _columns.Given(result.CommandResult) is { } column)
        {
            throw new InputException($"{column.Name} is for files of examples and JSON lines, but '{InputFile.NameOf(path)}' is read {(format == PredictionInput.Lines ? "line by line" : "as one text")}");
        }

        if (filter is not null && format == PredictionInput.Examples && Directory.Exists(path))
        {
            throw new InputException($"'{InputFile.NameOf(path)}' has a folder for each class, and no order of reading; name a file whose texts follow one another, or leave out {_inOrder.Name}");
        }

        if (format == PredictionInput.Document && (kind is HeadKind.Tags or HeadKind.Spans))
        {
            throw new InputException($"--input {format} reads one text for a model that predicts labels or a number of texts, but {trained.Path} predicts {TaskFolders.Words(kind)}");
        }

        int batch = format == PredictionInput.Document ? 1 : result.GetValue(_batch) ?? (path == InputFile.StandardInput ? 1 : FileBatch);
        ContextConfiguration context = trained.Configuration.Context;
        new MemoryCheck(terminal, _machine, result).Session(
            trained.Model.Configuration, new InferenceOptions { MemoryLength = context.MemoryLength, Streams = batch, MaxSegment = context.TargetLength, OwnsModel = owns }, "this prediction", _batch.Name);
        PredictionLines lines = new(new JsonLines(terminal.Out), result.Get(_top));
        if (format == PredictionInput.Document)
        {
            await PredictDocumentAsync(status, trained, backend, path, lines, stop).ConfigureAwait(false);
            return ExitCode.Ok;
        }

        PredictionExplanations? explanations = Explains(result.CommandResult)
            ? new PredictionExplanations(new ExplanationOptions { MaxLeftOut = result.Get(_leaveOut) }, terminal, keeps: page is not null)
            : null;
        using Stream? stream = format == PredictionInput.Examples ? null : InputFile.Open(path, terminal, null, stop);
        IEnumerable<PredictionItem> items = Items(kind, options, path, format, stream);
        items = isGuessed && format == PredictionInput.Lines ? RemarkingJson(items, InputFile.NameOf(path), options) : items;
        UnknownTokens unknown = new(trained.Vocabulary);
        long count = Predict(
            trained, backend, new PredictionPlaces(InputFile.NameOf(path)), unknown.Counting(items), batch, filter, lines, explanations, WholeWords(result, trained.Head.Configuration),
            terminal.OutIsScreen ? null : new WorkProgress(status), stop);
        status.Clear();
        terminal.Out.Flush();
        RunTask.NoteUnknown(terminal, unknown.Count, trained.Vocabulary);
        if (count == 0)
        {
            terminal.Notes.WriteLine($"txl: '{InputFile.NameOf(path)}' has no texts; nothing was predicted");
        }

        if (page is not null)
        {
            explanations!.WritePage(page, RunName.Of(trained.Path));
            terminal.Notes.WriteLine($"txl: the explanations are in {page}");
        }

        return ExitCode.Ok;
    }

    /// <summary>Reports that the first line is a JSON object with a text, which is read as the text itself.</summary>
    private IEnumerable<PredictionItem> RemarkingJson(IEnumerable<PredictionItem> items, string name, ExampleOptions options)
    {
        bool isFirst = true;
        foreach (PredictionItem item in items)
        {
            if (isFirst && PredictionFormat.IsObjectWithText(item.Text, options))
            {
                terminal.Notes.WriteLine($"txl: the first line of '{name}' is a JSON object and is read as plain text; --input {PredictionInput.Json} reads the text in it");
            }

            isFirst = false;
            yield return item;
        }
    }

    /// <summary>The words that keep their punctuation marks; null if a text is divided at white space only.</summary>
    private HashSet<string>? WholeWords(ParseResult result, HeadConfiguration head)
    {
        bool isGiven = result.GetResult(_words) is { Implicit: false };
        TransformerXL.Require.That(!isGiven || head.Kind == HeadKind.Tags, "--words is for a model that labels words, which this one is not");
        IReadOnlyList<string>? words = result.GetRequiredValue(_words) switch { AsTrained => head.WholeWords, Marks => head.WholeWords ?? [], _ => null };
        return words is null ? null : new HashSet<string>(words, StringComparer.Ordinal);
    }

    private bool Explains(SymbolResult result) => result.GetValue(_explain) || result.GetValue(_explainPage) is not null;

    private static IEnumerable<PredictionItem> Items(HeadKind kind, ExampleOptions options, string path, string format, Stream? stream)
    {
        PredictionInput input = new(InputFile.NameOf(path), kind, options);
        return format switch
        {
            PredictionInput.Lines => input.OfLines(stream!),
            PredictionInput.Json => input.OfJson(stream!),
            _ => input.OfExamples(path),
        };
    }

    /// <summary>The columns that the run was trained with, without those of labels.</summary>
    private static ExampleOptions OptionsOf(ModelFolder trained) =>
        (RunDirectory.Find(trained.Path)?.ReadConfiguration().Task?.Examples ?? new ExampleOptions()) with { IgnoresLabels = true, LabelColumn = null, TagColumn = null };

    private async Task PredictDocumentAsync(StatusLine status, ModelFolder trained, CpuBackend backend, string path, PredictionLines lines, CancellationToken stop)
    {
        Classifier classifier = new(trained, backend, ownsModel: true);
        using RememberingStream text = new(InputFile.Open(path, terminal, terminal.OutIsScreen ? null : status, stop));
        Classification classification = await InputFile.NamingAsync(path, () => classifier.ClassifyAsync(text, stop)).ConfigureAwait(false);
        TransformerXL.Require.That(text.Ending.Length > 0, $"'{InputFile.NameOf(path)}' is empty; there is nothing to predict");
        status.Clear();
        lines.Write(null, classification);
        terminal.Out.Flush();
        RunTask.NoteUnknown(terminal, classification.Unknown, trained.Vocabulary);
    }

    /// <returns>The number of items.</returns>
    private static long Predict(ModelFolder trained, CpuBackend backend, PredictionPlaces places, IEnumerable<PredictionItem> items, int batch, LabelFilter? filter, PredictionLines lines, PredictionExplanations? explanations, HashSet<string>? wholeWords, WorkProgress? progress, CancellationToken stop)
    {
        Action<PredictionItem[]> predict = trained.Head!.Configuration.Kind switch
        {
            HeadKind.Tags => WithLabeller(new Labeller(trained, backend, ownsModel: explanations is null), places, lines, explanations, wholeWords, stop),
            HeadKind.Spans => WithAnswerer(new Answerer(trained, backend, ownsModel: explanations is null), places, lines, explanations, stop),
            _ => WithClassifier(new Classifier(trained, backend, ownsModel: explanations is null), places, filter, lines, explanations, stop),
        };
        long count = 0;
        foreach (PredictionItem[] some in items.Chunk(batch))
        {
            stop.ThrowIfCancellationRequested();
            predict(some);
            count += some.Length;
            progress?.Show("predicting", count, 0, "text");
        }

        return count;
    }

    private static Action<PredictionItem[]> WithClassifier(Classifier classifier, PredictionPlaces places, LabelFilter? filter, PredictionLines lines, PredictionExplanations? explanations, CancellationToken stop) => some =>
    {
        foreach (PredictionItem item in some)
        {
            places.At([item], () => classifier.RequirePair(item.Second is not null));
        }

        IReadOnlyList<Classification> results = places.At(some, () => classifier.Classify([.. some.Select(item => (item.Text, item.Second))], stop));
        for (int i = 0; i < some.Length; i++)
        {
            PredictionItem item = some[i];
            Explanation? explanation = explanations?.Of(places, item, () => classifier.Explain(item.Text, item.Second, explanations.Options, stop));
            if (Writes(explanations, item, explanation is null ? null : [explanation], []))
            {
                lines.Write(item, filter is null ? results[i] : filter.Next(results[i]), explanation);
            }
        }
    };

    private static Action<PredictionItem[]> WithLabeller(Labeller labeller, PredictionPlaces places, PredictionLines lines, PredictionExplanations? explanations, HashSet<string>? wholeWords, CancellationToken stop) => some =>
    {
        LabellerInput[] inputs = [.. some.Select(item => item.Words is { } words ? LabellerInput.Of(words) : LabellerInput.Of(item.Text, wholeWords))];
        IReadOnlyList<Labelling> results = places.At(some, () => labeller.Label(inputs, stop));
        for (int i = 0; i < some.Length; i++)
        {
            (PredictionItem item, LabellerInput input) = (some[i], inputs[i]);
            IReadOnlyList<Explanation>? explained = explanations?.Of(places, item, () => labeller.Explain(input, explanations.Options, stop));
            if (Writes(explanations, item, explained, input.Words))
            {
                lines.Write(item, results[i], explained);
            }
        }
    };

    private static Action<PredictionItem[]> WithAnswerer(Answerer answerer, PredictionPlaces places, PredictionLines lines, PredictionExplanations? explanations, CancellationToken stop) => some =>
    {
        IReadOnlyList<Answer> results = places.At(some, () => answerer.Answer([.. some.Select(item => (item.Question!, item.Text))], stop));
        for (int i = 0; i < some.Length; i++)
        {
            PredictionItem item = some[i];
            Explanation? explanation = explanations?.Of(places, item, () => answerer.Explain(item.Question!, item.Text, explanations.Options, stop));
            if (Writes(explanations, item, explanation is null ? null : [explanation], []))
            {
                lines.Write(item, results[i], explanation);
            }
        }
    };

    /// <summary>Hands the explanations on; whether a line of JSON is wanted.</summary>
    private static bool Writes(PredictionExplanations? explanations, PredictionItem item, IReadOnlyList<Explanation>? explained, IReadOnlyList<string> words)
    {
        if (explanations is null || explained is null)
        {
            return true;
        }

        explanations.Take(item, explained, words);
        return !explanations.IsScreen;
    }
}
