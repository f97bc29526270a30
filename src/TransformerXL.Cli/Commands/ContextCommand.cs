using System.CommandLine;
using System.Globalization;
using TransformerXL.Analysis.Context;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Synthetic;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl context</c>: how much context models use.</summary>
internal sealed class ContextCommand(Terminal terminal) : ICommandDefinition
{
    /// <summary>The default number of steps up to the longest context.</summary>
    private const int Steps = 8;

    private readonly Argument<string[]> _runs = new("RUN") { Description = "Folders of runs or models with the same vocabulary.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> _checkpoint = NewOption.Text("--checkpoint", "NAME", "Weights to load: best, last, average or step-N. [default: best, otherwise last]");
    private readonly Option<string?> _data = NewOption.Text("--data", "PATH", "File or folder to measure on. [default: the test text of the first run]");
    private readonly Option<double[]> _fractions = new("--r")
    {
        Description = "Shares of the positions with the highest loss. [default: 0.1,0.5,1.0]",
        HelpName = "N,N,...",
        Arity = NewOption.Repeatable,
        CustomParser = ParseFractions,
    };

    private readonly Option<int?> _start = NewOption.Whole("--start", "Shortest context in tokens. [default: --delta]", 1, 1 << 20);
    private readonly Option<int?> _delta = NewOption.Whole("--delta", "Difference between contexts in tokens. [default: --most / 8]", 1, 1 << 20);
    private readonly Option<int?> _most = NewOption.Whole("--most", "Longest context in tokens. [default: twice the longest of training]", 1, 1 << 20);
    private readonly Option<int?> _positions = NewOption.Whole("--positions", "Tokens to predict for each context length.", 1, 1 << 24, 512);
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print a line of JSON for each run.");
    private readonly Option<string?> _out = NewOption.Text("--out", "FILE", "Write a page with charts to this file.");
    private readonly OpenOption _open = new();
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new("context", "Measure how much context models use: relative effective context length, and loss by context length.")
        {
            _runs, _checkpoint, _data, _fractions, _start, _delta, _most, _positions, _json, _out,
        };
        _machine.AddTo(command);
        _open.AddTo(command);
        command.Validators.Add(result =>
        {
            if (_open.IsOn(result) && result.GetResult(_out) is null)
            {
                result.AddError("--open needs a page: name it with --out FILE");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        string[] paths = result.GetRequiredValue(_runs);
        if (result.GetValue(_out) is { } page)
        {
            ExistingFiles.RequirePage(page);
        }

        ModelFolderConfiguration[] models = [.. paths.Select(path => ModelFolderFiles.ReadConfiguration(path, out _))];
        foreach ((string path, ModelFolderConfiguration model) in paths.Zip(models))
        {
            TrainedRunOptions.RequireLanguageModel(path, model.Head, result.CommandResult.Command);
            LanguageModel.RequireCausal(model.Model, "be measured by the next token after contexts of several lengths");
        }

        ContextConfiguration[] contexts = [.. models.Select(model => model.Context)];
        RequireSameVocabulary(paths);
        ContextPlan plan = Plan(result, contexts);
        if (plan.Start > plan.Maximum)
        {
            throw new InputException($"--start {plan.Start} is above --most {plan.Maximum}, the longest context");
        }

        if (plan.Lengths.Count < 2)
        {
            throw new InputException($"--start {plan.Start} to --most {plan.Maximum} in steps of --delta {plan.Delta} is one context, but the gain of a longer one needs two; a smaller --delta gives more");
        }

        if (plan.Lengths.Count > ContextPlan.MaxLengths)
        {
            throw new InputException($"--start {plan.Start} to --most {plan.Maximum} in steps of --delta {plan.Delta} are {plan.Lengths.Count} contexts, but at most {ContextPlan.MaxLengths} can be measured; a larger --delta gives fewer");
        }

        plan.Validate();
        MemoryCheck memory = new(terminal, _machine, result);
        foreach (ModelFolderConfiguration model in models)
        {
            memory.SessionOf(model.Model, WindowReader.OptionsFor(model.Model, model.Context, plan.Maximum), "this measurement", _most.Name);
        }

        using CpuBackend backend = _machine.CreateBackend(result);
        (Corpus corpus, TokenFile text, string name, TextOptimum? optimum) = OpenText(result, paths[0], stop);
        using Corpus opened = corpus;
        await InputFile.NamingAsync(result.GetValue(_data) ?? paths[0], () => Task.FromResult(plan.PositionsIn(text.Count))).ConfigureAwait(false);
        List<LossTable> losses = [];
        List<IReadOnlyList<DistanceLoss>> distances = [];
        string[] names = Names(paths);
        for (int i = 0; i < paths.Length; i++)
        {
            using StatusLine status = new(terminal);
            ModelFolder trained = ModelFolder.Load(paths[i], result.GetValue(_checkpoint), new WeightStatus(status, "reading the weights"), stop);
            ContextConfiguration training = trained.Configuration.Context;
            ContextMeasurement measurement = new(names[i], trained.Model, training, backend, terminal.Clock);
            losses.Add(measurement.Measure(text, plan, new ContextStatus(status, "contexts"), stop));
            distances.Add(optimum is null ? [] : DistanceMeasurement.Measure(names[i], trained.Model, training, backend, text, optimum, new ContextStatus(status, "distances"), terminal.Clock, stop));
        }

        double[] fractions = result.GetValue(_fractions) is { Length: > 0 } given ? given : [0.1, 0.5, 1];
        Show(ContextComparison.Of(name, corpus.Vocabulary.Unit, fractions, losses, distances), result);
        return ExitCode.Ok;
    }

    private void Show(ContextComparison comparison, ParseResult result)
    {
        ContextScreen screen = new(comparison);
        if (result.GetValue(_json))
        {
            JsonLines lines = new(terminal.Out);
            foreach (ContextFinding model in comparison.Models)
            {
                lines.Write(json => screen.WriteJson(json, model));
            }
        }
        else
        {
            terminal.OutConsole.Write(screen.Render());
        }

        if (result.GetValue(_out) is { } page)
        {
            ContextReport.Write(comparison, page);
            terminal.Notes.WriteLine($"txl: wrote {page}");
            terminal.Out.Flush();
            _open.Open(result, terminal, page);
        }
    }

    private ContextPlan Plan(ParseResult result, ContextConfiguration[] contexts)
    {
        int max = result.GetValue(_most) ?? Math.Min(1 << 20, 2 * contexts.Max(context => context.TargetLength + context.MemoryLength));
        int delta = result.GetValue(_delta) ?? Math.Max(1, max / Steps);
        return new ContextPlan { Start = result.GetValue(_start) ?? Math.Min(delta, max), Delta = delta, Maximum = max, Positions = result.Get(_positions) };
    }

    private (Corpus Corpus, TokenFile Text, string Name, TextOptimum? Optimum) OpenText(ParseResult result, string path, CancellationToken stop)
    {
        RunText texts = new(terminal);
        if (result.GetValue(_data) is { } data)
        {
            Corpus other = texts.PrepareOther(data, ModelFolder.Load(path, result.GetValue(_checkpoint), cancellationToken: stop), stop);
            return (other, other.Train, data, OptimumOf(other.Train, data));
        }

        Corpus corpus = texts.Reopen(path, stop);
        return corpus.Test.Count > 0
            ? (corpus, corpus.Test, "test text", RunDirectory.Open(path).ReadConfiguration().Corpus?.Path is { } folder ? OptimumOf(corpus.Test, folder) : null)
            : throw new InputException($"'{path}' has no test text; name a text with --data");
    }

    /// <summary>The optimum of a synthetic test text; null if there is none, or if it does not match the tokens.</summary>
    private TextOptimum? OptimumOf(TokenFile text, string folder)
    {
        TextOptimum? optimum = TextOptimum.OfTestText(folder);
        if (optimum is null || optimum.Count == text.Count)
        {
            return optimum;
        }

        terminal.Notes.WriteLine($"txl: the optimum in {folder} is ignored: it has {Figures.Count(optimum.Count, "character")}, but the text {Figures.Count(text.Count, "token")}");
        return null;
    }

    private static void RequireSameVocabulary(string[] paths)
    {
        Vocabulary first = Vocabulary.Load(ModelFolderFiles.Vocabulary(paths[0]));
        for (int i = 1; i < paths.Length; i++)
        {
            Vocabulary other = Vocabulary.Load(ModelFolderFiles.Vocabulary(paths[i]));
            if (other.Fingerprint != first.Fingerprint)
            {
                throw new InputException($"'{paths[i]}' has another vocabulary ({other.Count} {other.Unit}s) than '{paths[0]}' ({first.Count} {first.Unit}s); their losses cannot be compared");
            }
        }
    }

    /// <summary>The names of the folders; whole paths if two names are equal.</summary>
    private static string[] Names(string[] paths)
    {
        string[] names = [.. paths.Select(path => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))))];
        return names.Distinct().Count() == names.Length ? names : paths;
    }

    private static double[] ParseFractions(System.CommandLine.Parsing.ArgumentResult result)
    {
        List<double> fractions = [];
        foreach (string text in result.Tokens[^1].Value.Split(','))
        {
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double fraction) || !(fraction > 0 && fraction <= 1))
            {
                result.AddError($"--r has '{text}', but must be numbers above 0 and at most 1, separated by commas");
                return [];
            }

            fractions.Add(fraction);
        }

        return [.. fractions];
    }
}
