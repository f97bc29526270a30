using System.CommandLine;
using TransformerXL.Cli.Bench;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Training;
using TransformerXL.Training.Presets;
using TransformerXL.Training.Records;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl bench</c>: how fast this machine trains, evaluates, generates and multiplies matrices.</summary>
internal sealed class BenchCommand(Terminal terminal) : ICommandDefinition
{
    private const string All = "all", Matmul = "matmul", SlowDown = "evaluation", Sizes = "sizes";

    private static readonly string[] Workloads = [BenchModel.Train, BenchModel.Evaluate, BenchModel.Generate];
    private static readonly string[] Modes = [.. Workloads, Matmul, SlowDown, Sizes, All];

    private readonly Argument<string> _mode = new("MODE")
    {
        Description = "One of train, evaluate, generate, matmul, evaluation, sizes, all (the first four). [default: all]",
        DefaultValueFactory = _ => All,
        HelpName = "MODE",
    };

    private readonly Option<string> _model = NewOption.Choice("--model", "Architecture", [.. BenchModel.Names], BenchModel.Names[0]);
    private readonly Option<string?> _preset = PresetOption.Create("Model, lengths and recipe of a preset instead of --model; see 'txl presets'. [default: none]");
    private readonly Option<double?> _seconds = NewOption.Real("--seconds", "Duration of each measurement in seconds, without warm-up.", "from 0.1 to 3600", value => value is >= 0.1 and <= 3600, (double?)6);
    private readonly Option<int?> _batch = NewOption.Whole("--batch", "Parallel streams of text. [default: from the mode and model]", 1, 1 << 16);
    private readonly Option<int?> _layers = NewOption.Whole("--layers", "Number of layers. [default: from --model]", 1, 1000);
    private readonly Option<int?> _modelSize = NewOption.Whole("--model-size", "Hidden size in floats, with heads of at most 64. [default: from --model]", 8, 1 << 14);
    private readonly Option<int?> _target = NewOption.Whole("--target", "Segment length in tokens. [default: from --model]", 1, 1 << 16);
    private readonly Option<int?> _memory = NewOption.Whole("--memory", "Memory length in tokens. [default: from --model]", 0, 1 << 16);
    private readonly Option<bool> _recompute = NewOption.Flag("--recompute", "Train as 'txl train --recompute' does.");
    private readonly Option<string> _moments = OptimizerRunOptions.NewMoments();
    private readonly Option<string> _weights = TrainingRunOptions.NewWeights();
    private readonly Option<string?> _save = NewOption.Text("--save", "FILE", "Save the measured shares of the peak to this file, for --check.");
    private readonly Option<string?> _check = NewOption.Text("--check", "FILE", $"Compare with a file of --save; exit code 1 if a share fell by more than {SavedBench.Tolerance * 100:0} %.");
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print a line of JSON for each measurement.");
    private readonly Option<string> _precision = PrecisionNames.NewOption();
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        _mode.CustomParser = result =>
        {
            string mode = result.Tokens[^1].Value;
            if (!Modes.Contains(mode))
            {
                result.AddError($"MODE is '{mode}', but must be one of: {string.Join(", ", Modes)}");
            }

            return mode;
        };
        _mode.CompletionSources.Add(Modes);
        Command command = new("bench", "Measure speed on random tokens: tokens per second, GFLOP/s, share of the processor's peak.")
        {
            _mode, _model, _preset, _layers, _modelSize, _target, _memory, _recompute, _weights, _moments, _precision, _seconds, _batch, _save, _check, _json,
        };
        _machine.AddTo(command);
        command.Add(new BenchCompressCommand(terminal).Create());
        command.Validators.Add(result =>
        {
            if (result.GetResult(_mode) is { Tokens: [{ Value: SlowDown or Sizes }] } && (result.GetResult(_save) ?? result.GetResult(_check)) is not null)
            {
                result.AddError($"--save and --check are for train, evaluate, generate, matmul and all, not for '{result.GetValue(_mode)}'");
            }

            if (result.GetResult(_mode) is { Tokens: [{ Value: Sizes }] } && result.GetResult(_batch) is not null)
            {
                result.AddError($"--batch is one of the sizes that '{Sizes}' changes");
            }
        });
        command.Validators.Add(result =>
        {
            Option? ofTraining = ((Option[])[_recompute, _weights, _moments]).FirstOrDefault(option => result.GetResult(option) is { Implicit: false });
            if (ofTraining is not null && result.GetResult(_mode) is not { Tokens: [{ Value: BenchModel.Train }] })
            {
                result.AddError($"{ofTraining.Name} is for the mode 'train'");
            }
        });
        command.Validators.Add(result =>
        {
            if (result.GetResult(_preset) is not null && result.GetResult(_model) is { Implicit: false })
            {
                result.AddError("--model and --preset both name what is measured; give one of them");
            }
        });
        command.Validators.Add(result =>
        {
            string mode = result.GetResult(_mode) is { Tokens: [{ Value: var given }] } ? given : All;
            string precision = result.GetResult(_precision) is { Implicit: false, Tokens: [.., { Value: var name }] } ? name : PrecisionNames.Float32;
            if (precision != PrecisionNames.Float32 && (mode is SlowDown or Sizes || (precision == PrecisionNames.Int8 && mode is not ("evaluate" or "generate" or Matmul))))
            {
                result.AddError($"--precision {precision} is not for '{mode}'; bf16 is for train, evaluate, generate, matmul and all, int8 for evaluate, generate and matmul");
            }
        });
        command.Validators.Add(result =>
        {
            Option[] ofModels = [_model, _preset, _layers, _modelSize, _target, _memory, _batch];
            if (result.GetResult(_mode) is { Tokens: [{ Value: Matmul }] } && ofModels.FirstOrDefault(option => result.GetResult(option) is { Implicit: false }) is { } given)
            {
                result.AddError($"{given.Name} is for models; '{Matmul}' measures products of fixed sizes");
            }
        });
        command.SetAction(Run);
        return command;
    }

    private Task<int> Run(ParseResult result, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        MachineDescription machine = MachineDescription.Of(backend);
        string? save = result.GetValue(_save), check = result.GetValue(_check);
        if (save is not null)
        {
            ExistingFiles.RequireMeasurements(save);
        }

        SavedBench? saved = check is null ? null : SavedBench.Read(check);
        saved?.RequireSame(machine, check!);

        string mode = result.GetRequiredValue(_mode);
        BenchModel named = result.GetValue(_preset) is { } preset
            ? BenchModel.Of(Preset.Find(preset))
            : BenchModel.Find(result.GetRequiredValue(_model));
        BenchModel bench = named.With(result.GetValue(_layers), result.GetValue(_modelSize), result.GetValue(_target), result.GetValue(_memory));
        if (result.GetValue(_recompute))
        {
            bench = bench.Recomputing();
        }

        if (result.GetRequiredValue(_weights) == PrecisionNames.Bfloat16)
        {
            bench = bench.WithShortWeights();
        }

        if (result.GetRequiredValue(_moments) is not PrecisionNames.Float32 and var moments)
        {
            bench = bench.WithShortMoments(moments);
        }

        Precision precision = PrecisionNames.Parse(result.GetRequiredValue(_precision), backend);
        if (mode == BenchModel.Generate)
        {
            LanguageModel.RequireCausal(bench.Model, "generate text");
        }

        string[] measured = [.. Workloads.Where(name => mode == name || (mode == All && (name != BenchModel.Generate || bench.Model.IsCausal)))];
        BenchScreen screen = new(terminal, bench, precision, backend, TimeSpan.FromSeconds(result.Get(_seconds)), result.GetValue(_json), stop);
        if (mode == Sizes)
        {
            screen.Sizes();
            return Task.FromResult(ExitCode.Ok);
        }

        if (mode == SlowDown)
        {
            screen.SlowDown(result.GetValue(_batch));
            return Task.FromResult(ExitCode.Ok);
        }

        List<PeakShare> shares = [];
        foreach (string workload in measured)
        {
            CheckMemory(result, bench, workload, precision);
            shares.Add(screen.Workload(workload, result.GetValue(_batch)));
        }

        if (mode is Matmul or All)
        {
            shares.AddRange(screen.MatrixProducts());
        }

        return Task.FromResult(Keep(shares, machine, save, saved, check));
    }

    private void CheckMemory(ParseResult result, BenchModel bench, string workload, Precision precision)
    {
        MemoryCheck memory = new(terminal, _machine, result);
        int? batch = result.GetValue(_batch);
        if (workload == BenchModel.Train)
        {
            memory.Training(
                new RunConfiguration { Model = bench.Model, Context = bench.Training, Training = bench.Recipe with { BatchSize = batch ?? bench.Recipe.BatchSize } });
            return;
        }

        ContextConfiguration context = bench.Evaluation with { MemoryLength = workload == BenchModel.Generate ? bench.GenerationMemory : bench.Evaluation.MemoryLength };
        memory.Session(bench.Model, InferenceOptions.ForSegments(context, batch ?? bench.BatchOf(workload), precision: precision), $"measuring '{workload}'", "--memory", "--batch");
    }

    private int Keep(List<PeakShare> shares, MachineDescription machine, string? save, SavedBench? saved, string? check)
    {
        if (saved?.Falls(shares, check!) is { Count: > 0 } falls)
        {
            terminal.Error.WriteLine($"txl: slower than in {check}:");
            foreach (string fall in falls)
            {
                terminal.Error.WriteLine($"  {fall}");
            }

            return ExitCode.BadInput;
        }

        if (save is not null)
        {
            SavedBench.Of(machine, shares).Write(save);
        }

        return ExitCode.Ok;
    }
}
