using System.CommandLine;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Dynamic;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Masking;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl evaluate</c>: how well a model predicts a whole text.</summary>
internal sealed class EvaluateCommand(Terminal terminal) : ICommandDefinition
{
    private const string FromTraining = "[default: from the run]";

    private readonly TrainedRunOptions _run = new();
    private readonly Option<string> _split = NewOption.Choice("--split", "Part of the run's text to evaluate", ["test", "valid", "train"], "test");
    private readonly Option<string?> _data = NewOption.Text("--data", "PATH", "Evaluate another file or folder instead.");
    private readonly ExampleColumnOptions _columns = new(hasLabels: true);
    private readonly Option<int?> _target = NewOption.Whole("--target", $"Segment length in tokens. {FromTraining}", 1, 1 << 20);
    private readonly Option<int?> _memory = NewOption.Whole("--memory", $"Memory length in tokens. {FromTraining}", 0, 1 << 20);
    private readonly Option<int?> _clamp = NewOption.Whole("--clamp", $"Maximum relative distance in tokens; 0 for no limit. {FromTraining}", 0, 1 << 20);
    private readonly Option<bool> _sameLength = NewOption.Flag("--same-length", "Let every token attend to the same number of tokens, true or false. [default: from the run]");
    private readonly Option<int?> _batch = NewOption.Whole("--batch", "Parallel streams; more are faster, 1 is exact.", 1, 1 << 16, 1);
    private readonly Option<bool> _inOrder = NewOption.Flag("--in-order", "Also predict each label with the texts before; fitted on the validation examples.");
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print one line of JSON.");
    private readonly Option<string> _precision = PrecisionNames.NewOption();
    private readonly DynamicRunOptions _dynamic = DynamicRunOptions.ForEvaluation();
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new("evaluate", "Measure how well a model predicts a text: bits per character and perplexity.");
        _run.AddTo(command);
        foreach (Option option in (Option[])[_split, _data, _target, _memory, _clamp, _sameLength, _batch, _precision, _inOrder, _json])
        {
            command.Add(option);
        }

        _columns.AddTo(command);
        _dynamic.AddTo(command);
        _machine.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_data) is not null && result.GetResult(_split) is { Implicit: false })
            {
                result.AddError("--split names a part of the run's own text and cannot be combined with --data");
            }

            if (_columns.Given(result) is { } column && result.GetResult(_data) is null)
            {
                result.AddError($"{column.Name} is for the examples of --data; those of the run are read as in its training");
            }

            if (_dynamic.IsGiven(result) && result.GetResult(_precision) is { Implicit: false, Tokens: [.., { Value: PrecisionNames.Int8 }] })
            {
                result.AddError("--dynamic computes gradients, which --precision int8 has not; choose float32 or bf16");
            }
        });
        command.SetAction(Run);
        return command;
    }

    private Task<int> Run(ParseResult result, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        ModelFolder trained = _run.Load(result, terminal, stop, forTask: true);
        if (result.GetValue(_inOrder))
        {
            LabelOrders.RequireKind(trained, _inOrder.Name);
        }

        if (trained.Head is not null)
        {
            UnusedOptions.RefuseOfNextToken(result, $"{trained.Path} predicts {TaskFolders.Words(trained.Head.Configuration.Kind)}", _target, _memory, _clamp, _sameLength, _batch, _precision, _dynamic.RuleOption);
            return Task.FromResult(EvaluateTask(result, trained, backend, stop));
        }

        if (_columns.Given(result.CommandResult) is { } column)
        {
            throw new InputException($"{column.Name} is for examples of a task; {trained.Path} predicts tokens");
        }

        if (!trained.Model.Configuration.IsCausal)
        {
            return Task.FromResult(EvaluateMasked(result, trained, backend, stop));
        }

        EvaluationOptions options = Options(result, trained, backend);
        if (OptionRules.Broken(options.Context) is { } broken)
        {
            throw new InputException(broken);
        }

        options.Validate();
        string? data = result.GetValue(_data);
        RunText texts = new(terminal);
        using Corpus corpus = data is null ? texts.Reopen(trained.Path, stop) : texts.PrepareOther(data, trained, stop);
        (string name, TokenFile tokens) = Choose(trained.Path, corpus, data, result.GetRequiredValue(_split));
        ContextConfiguration read = options.ContextFor(tokens);
        DynamicRule? rule = _dynamic.Rule(result);
        bool compares = options.Precision != Precision.Float32, last = rule is null;
        new MemoryCheck(terminal, _machine, result).Session(
            trained.Model.Configuration,
            new InferenceOptions { MemoryLength = read.MemoryLength, Streams = options.BatchSize, MaxSegment = read.TargetLength + read.ExtendedLength, Precision = options.Precision, OwnsModel = last && !compares },
            "this evaluation", "--memory", "--batch");
        using DynamicRun dynamic = new(terminal, _dynamic, result, trained, backend);
        if (rule is not null)
        {
            dynamic.CheckMemory(new MemoryCheck(terminal, _machine, result), read, options.BatchSize, "this dynamic evaluation");
        }

        EvaluationResult evaluated;
        EvaluationResult? exact = null;
        UnigramBaseline? unigram;
        using (StatusLine status = new(terminal))
        {
            Evaluator evaluator = new(trained.Model, backend, trained.Vocabulary, terminal.Clock);
            EvaluationStatus progress = new(status, trained.Vocabulary.Unit);
            evaluated = evaluator.Evaluate(tokens, options with { OwnsModel = last && !compares }, progress, stop);
            if (compares)
            {
                exact = evaluator.Evaluate(tokens, options with { Precision = Precision.Float32, OwnsModel = last }, progress, stop);
            }

            unigram = Unigram(data is null ? corpus : null, trained, tokens, stop);
        }

        EvaluationScreen screen = new(trained, name, tokens, options, evaluated, exact, unigram)
        {
            Dynamic = rule is { } chosen ? dynamic.Evaluate(chosen, data is null ? corpus : null, tokens, options, stop) : null,
        };
        if (result.GetValue(_json))
        {
            new JsonLines(terminal.Out).Write(screen.WriteJson);
        }
        else
        {
            terminal.OutConsole.Write(screen.Render());
        }

        return Task.FromResult(ExitCode.Ok);
    }

    /// <summary>Refuses an evaluation without a session of the next token that does not fit in memory.</summary>
    private void CheckMemory(ParseResult result, ModelFolder trained, ContextConfiguration context, int streams, string? option) =>
        new MemoryCheck(terminal, _machine, result).SessionOf(
            trained.Model.Configuration, new InferenceOptions { MemoryLength = context.MemoryLength, Streams = streams, MaxSegment = context.TargetLength }, "this evaluation", option);

    /// <summary>Loss and accuracy of masked tokens, beside guesses by frequency where the training text is there.</summary>
    private int EvaluateMasked(ParseResult result, ModelFolder trained, CpuBackend backend, CancellationToken stop)
    {
        UnusedOptions.RefuseOfNextToken(result, $"{trained.Path} predicts masked tokens", _clamp, _sameLength, _batch, _precision, _dynamic.RuleOption);
        string? data = result.GetValue(_data);
        RunText texts = new(terminal);
        using Corpus corpus = data is null ? texts.Reopen(trained.Path, stop) : texts.PrepareOther(data, trained, stop);
        using Corpus? kept = data is null ? null : RunText.TryOpen(trained.Path);
        (string name, TokenFile tokens) = Choose(trained.Path, corpus, data, result.GetRequiredValue(_split));
        ContextConfiguration context = trained.Configuration.Context with
        {
            TargetLength = result.GetValue(_target) ?? trained.Configuration.Context.TargetLength,
            MemoryLength = result.GetValue(_memory) ?? trained.Configuration.Context.MemoryLength,
        };
        CheckMemory(result, trained, context, MaskedMeasurement.Streams, context.MemoryLength == 0 ? _target.Name : _memory.Name);
        TaskReport report;
        using (StatusLine status = new(terminal))
        {
            MaskingOptions? objective = RunDirectory.Find(trained.Path)?.ReadConfiguration().Masking;
            if (data is not null && objective is { Objective: PretrainingObjective.Translation })
            {
                terminal.Notes.WriteLine("txl: a text has no translations: its masked tokens are measured without them");
                objective = null;
            }

            MaskedMeasurement measurement = new(trained.Vocabulary, data is null ? corpus.Train : kept?.Train, objective, objective is null ? null : SecondHead.Load(trained, objective));
            report = measurement.Run(trained.Model, backend, tokens, context, trained.Step ?? 0, new MaskedProgress(status), stop);
        }

        if (result.GetValue(_json))
        {
            new JsonLines(terminal.Out).Write(json => ReportJson.Write(json, report));
        }
        else
        {
            terminal.OutConsole.Write(TaskScreen.Render(trained, name, report));
        }

        return ExitCode.Ok;
    }

    private sealed class MaskedProgress(StatusLine status) : IProgress<ValidationProgress>
    {
        public void Report(ValidationProgress value) => status.Show($"evaluating: {ValidationStatus.Describe(value)}");
    }

    private int EvaluateTask(ParseResult result, ModelFolder trained, CpuBackend backend, CancellationToken stop)
    {
        string? data = result.GetValue(_data);
        bool lacksTest = data is null && !result.IsGiven(_split) && RunTask.LacksTest(trained);
        if (lacksTest)
        {
            terminal.Notes.WriteLine("txl: the run has no test examples; these are the validation examples, which have chosen its weights");
        }

        string split = lacksTest ? "valid" : result.GetRequiredValue(_split);
        SplitPart part = split switch
        {
            "train" => SplitPart.Train,
            "valid" => SplitPart.Validation,
            _ => SplitPart.Test,
        };
        CheckMemory(result, trained, trained.Configuration.Context, LabellingValidation.Streams, option: null);
        HeadKind kind = trained.Head!.Configuration.Kind;
        _columns.RequireFor(result.CommandResult, trained.Path, kind);
        Func<ExampleOptions, ExampleOptions>? columns = data is null ? null : ofRun => _columns.Read(result, ofRun, kind == HeadKind.Tags && ExampleFiles.HasNumberedColumns(data, ofRun));
        TaskReport report = new RunTask(terminal).Evaluate(trained, backend, part, data, result.GetValue(_inOrder), stop, columns);
        if (result.GetValue(_json))
        {
            new JsonLines(terminal.Out).Write(json => ReportJson.Write(json, report));
        }
        else
        {
            terminal.OutConsole.Write(TaskScreen.Render(trained, data ?? split, report));
        }

        return ExitCode.Ok;
    }

    private static (string Name, TokenFile Tokens) Choose(string path, Corpus corpus, string? data, string split)
    {
        if (data is not null)
        {
            return (data, corpus.Train);
        }

        (string name, TokenFile tokens) = split switch
        {
            "train" => ("training text", corpus.Train),
            "valid" => ("validation text", corpus.Validation),
            _ => ("test text", corpus.Test),
        };
        return tokens.Count > 0 ? (name, tokens) : throw new InputException($"'{path}' has no {name}; choose another --split, or name a text with --data");
    }

    /// <summary>The unigram baseline of perplexity; null if the usual unit is bits, or if the training text is missing.</summary>
    private static UnigramBaseline? Unigram(Corpus? own, ModelFolder trained, TokenFile tokens, CancellationToken stop)
    {
        if (LossText.IsBits(trained.Vocabulary.Unit))
        {
            return null;
        }

        using Corpus? kept = own is null ? RunText.TryOpen(trained.Path) : null;
        return (own ?? kept)?.Train is { VocabularySize: var size } training && size == tokens.VocabularySize
            ? UnigramBaseline.Measure(training, tokens, stop)
            : null;
    }

    internal EvaluationOptions Options(ParseResult result, ModelFolder trained, CpuBackend backend)
    {
        UnusedOptions.RefuseOfModel(result, trained.Model.Configuration, _memory, _clamp, _sameLength);
        EvaluationOptions standard = trained.DefaultEvaluation();
        ContextConfiguration context = standard.Context;
        return standard with
        {
            BatchSize = result.Get(_batch),
            Precision = PrecisionNames.Parse(result.GetRequiredValue(_precision), backend),
            Context = context with
            {
                TargetLength = result.GetValue(_target) ?? context.TargetLength,
                MemoryLength = result.GetValue(_memory) ?? context.MemoryLength,
                ClampLength = result.GetValue(_clamp) ?? context.ClampLength,
                SameLength = result.IsGiven(_sameLength) ? result.GetValue(_sameLength) : context.SameLength,
            },
        };
    }
}
