using System.CommandLine;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Training;
using TransformerXL.Training.Footprint;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Commands;

/// <summary>
/// Compares the memory that a command needs with the available memory before it begins; otherwise the system would kill it later
/// without a message.
/// </summary>
/// <param name="terminal">Receives the warning.</param>
/// <param name="machine">The number of threads, and whether the check is enabled.</param>
/// <param name="result">The command line.</param>
internal sealed class MemoryCheck(Terminal terminal, MachineOptions machine, ParseResult result)
{
    /// <summary>Above this share of the memory a warning is shown.</summary>
    private const double WarningShare = 0.8;

    private static readonly Dictionary<string, string> OptionOf = new()
    {
        ["training.batchSize"] = "--batch",
        ["training.batchChunks"] = "--batch-chunks",
        ["training.optimizer"] = "--optimizer",
        ["context.targetLength"] = "--target",
        ["context.memoryLength"] = "--memory",
        ["model.layers"] = "--layers",
        ["model.modelSize"] = "--model-size",
        ["model.innerSize"] = "--inner-size",
    };

    private readonly MachineMemory _memory = terminal.ReadMemory();

    /// <summary>Processes of this command on this machine.</summary>
    private readonly int _processes = RankedRun.ProcessesHere(terminal);

    /// <summary>A training.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="what">Its name in a message.</param>
    /// <exception cref="InputException">More memory is needed than is available.</exception>
    public void Training(RunConfiguration configuration, string what = "this training") => Training(configuration, what, warns: true, null);

    /// <summary>A training on examples, whose segments are kept until the end of a step.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="examples">The examples.</param>
    /// <param name="what">Its name in a message.</param>
    /// <exception cref="InputException">More memory is needed than is available.</exception>
    public void Training(RunConfiguration configuration, TaskExamples examples, string what = "this training") => Training(configuration, what, warns: true, examples.RowsOfSteps);

    /// <summary>Checks a training whose text has not been read: its vocabulary counts as one of bytes. The caller checks again when the vocabulary is known.</summary>
    /// <param name="configuration">What is trained.</param>
    /// <exception cref="InputException">More memory is needed than there is.</exception>
    public void TrainingBeforeText(RunConfiguration configuration)
    {
        const int Bytes = 256;
        IReadOnlyList<int> cutoffs = configuration.Model.Cutoffs;
        // Cutoffs, and the separator of an encoder that --init or --config names, must be in the vocabulary.
        int separator = (configuration.Model as EncoderConfiguration)?.SeparatorId ?? -1;
        int vocabulary = Math.Max(Math.Max(Bytes, separator + 1), cutoffs.Count == 0 ? 0 : cutoffs[^1] + 1);
        Training(configuration with { Model = configuration.Model.For(vocabulary, configuration.Context) }, "this training", warns: false, null);
    }

    private void Training(RunConfiguration configuration, string what, bool warns, Func<RunConfiguration, IReadOnlyList<DocumentRows>>? documents)
    {
        MemoryEstimate Estimate(RunConfiguration wanted) => MemoryEstimate.OfTraining(wanted, machine.Threads(result), RankedRun.Processes(terminal), documents?.Invoke(wanted));
        MemoryEstimate estimate = Estimate(configuration);
        Require(estimate, what, () => Offered(OptionOf["training.batchChunks"]) is null ? null : Fitting(configuration, estimate, Estimate), Offered, warns);
    }

    /// <summary>An option if this command has it and may change what is trained: a training that goes on keeps its settings.</summary>
    private string? Offered(string option)
    {
        IEnumerable<Option> options = result.CommandResult.Command.Options;
        bool goesOn = options.Any(candidate => candidate.Name == TrainCommand.ResumeName && result.GetResult(candidate) is { Implicit: false });
        return !goesOn && options.Any(candidate => candidate.Name == option) ? option : null;
    }

    /// <summary>Work with a session.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">The sizes.</param>
    /// <param name="what">Its name in a message.</param>
    /// <param name="offers">The options of the command that reduce the memory.</param>
    /// <exception cref="InputException">The model has not the precision, or more memory is needed than there is.</exception>
    public void Session(ModelConfiguration model, InferenceOptions options, string what, params string[] offers) =>
        Session(model, options, what, option => offers.Contains(option) ? option : null);

    /// <summary>Work with a session, for a command that sets the memory length by an option of another name.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">The sizes.</param>
    /// <param name="what">Its name in a message.</param>
    /// <param name="memoryOption">The option of the command that reduces the memory length; null if it has none.</param>
    /// <exception cref="InputException">The model has not the precision, or more memory is needed than there is.</exception>
    public void SessionOf(ModelConfiguration model, InferenceOptions options, string what, string? memoryOption) =>
        Session(model, options, what, option => option == "--memory" ? memoryOption : null);

    // A precision that the model does not have is an error of the option, not of the text that is read next.
    private void Session(ModelConfiguration model, InferenceOptions options, string what, Func<string, string?> offered)
    {
        InferencePrecision.Check(model, options.Precision);
        Require(MemoryEstimate.OfSession(model, options), what, () => null, offered, warns: true);
    }

    private void Require(MemoryEstimate estimate, string what, Func<string?> remedy, Func<string, string?> offered, bool warns)
    {
        if (result.GetValue(machine.NoMemoryCheck) || Fits(estimate))
        {
            return;
        }

        string each = _processes > 1 ? $" in each of {_processes} processes here" : "", all = _processes > 1 ? $", {Text(All(estimate))} in all" : "";
        string sum = $"{what} needs about {Text(estimate.Total)} of memory{each} ({Sum(estimate)}){all}";
        string advice = Advice(estimate, remedy, offered);
        if (All(estimate) > _memory.Bytes)
        {
            string limit = _memory.IsLimited ? "its control group (container) allows" : "the machine has";
            throw new InputException($"{sum}, but {limit} {Text(_memory.Bytes)}. {advice}{machine.NoMemoryCheck.Name} begins all the same");
        }

        if (warns)
        {
            terminal.Notes.WriteLine($"txl: warning: {sum}; of {Text(_memory.Bytes)}, {Text(_memory.Free)} are free. {advice}".TrimEnd());
        }
    }

    private static string Advice(MemoryEstimate estimate, Func<string?> remedy, Func<string, string?> offered)
    {
        MemoryPart largest = estimate.Parts.Where(part => part.GrowsWith.Count > 0).MaxBy(part => part.Bytes)!;
        string[] options = [.. largest.GrowsWith.Where(member => member != "training.batchChunks" && OptionOf.ContainsKey(member)).Select(member => offered(OptionOf[member])).OfType<string>()];
        string smaller = options.Length == 0 ? "" : $"A smaller {string.Join(" or ", options)} needs less. ";
        return (remedy() is { } chunks ? chunks + ". " : "") + smaller;
    }

    /// <summary>Advice that makes a training fit: the batch in parts, layers that are computed again, or fewer bits; all of these together if none suffices. Null if they do not fit either.</summary>
    private string? Fitting(RunConfiguration configuration, MemoryEstimate whole, Func<RunConfiguration, MemoryEstimate> estimate)
    {
        (RunConfiguration recomputed, string recompute) = Recomputed(configuration);
        (RunConfiguration shortened, string bits) = Shortened(configuration);
        return InParts(configuration, "") ?? Alone(recomputed, recompute, "keeps the values of one layer at a time, takes about a quarter longer and needs")
            ?? Alone(shortened, bits, bits.Contains("--weights", StringComparison.Ordinal) ? "keep weights and moments in fewer bits and need" : "keeps the moments in fewer bits and needs")
            ?? InParts(Shortened(recomputed).Changed, $"{recompute} {bits}".Trim());

        string? Alone(RunConfiguration changed, string options, string effect)
        {
            MemoryEstimate needed = estimate(changed);
            return options.Length > 0 && Fits(needed, whole) ? $"{options} {effect} about {Text(needed.Total)}" : null;
        }

        // All parts of a batch have the same number of streams.
        string? InParts(RunConfiguration changed, string options)
        {
            int given = changed.Training.BatchChunks, batch = changed.Training.BatchSize;
            foreach (int chunks in Enumerable.Range(given, batch - given + 1).Where(chunks => batch % chunks == 0 && (chunks > given || options.Contains(' ', StringComparison.Ordinal))))
            {
                MemoryEstimate parts = estimate(changed with { Training = changed.Training with { BatchChunks = chunks } });
                if (Fits(parts, whole))
                {
                    string inParts = chunks == given ? "" : $"{OptionOf["training.batchChunks"]} {chunks}";
                    return options.Length == 0 ? $"{inParts} computes the same batch in parts and needs about {Text(parts.Total)}" : $"{inParts} {options} together need about {Text(parts.Total)}".TrimStart();
                }
            }

            return null;
        }
    }

    /// <summary>The training that computes layers again, and the option that asks for it; none if it does already, or has no such layers.</summary>
    private static (RunConfiguration Changed, string Option) Recomputed(RunConfiguration configuration) => configuration.Training.Recompute || !configuration.Model.Family.HasAttention
        ? (configuration, "")
        : (configuration with { Training = configuration.Training with { Recompute = true } }, "--recompute");

    /// <summary>The training that keeps weights and moments in fewer bits, and the options that ask for it, as far as it does not and can.</summary>
    private static (RunConfiguration Changed, string Options) Shortened(RunConfiguration configuration)
    {
        TrainingConfiguration training = configuration.Training;
        if (training.Optimizer is not { Kind: OptimizerKind.Adam or OptimizerKind.AdamW, AmsGrad: false })
        {
            return (configuration, "");
        }

        bool weights = configuration.Model.Family.HasAttention && training.Weights != WeightPrecision.Bfloat16, moments = training.Optimizer.Moments != MomentPrecision.Float8;
        TrainingConfiguration shorter = training with { Weights = weights ? WeightPrecision.Bfloat16 : training.Weights, Optimizer = training.Optimizer with { Moments = MomentPrecision.Float8 } };
        return (configuration with { Training = shorter }, $"{(weights ? "--weights bf16" : "")} {(moments ? "--moments fp8" : "")}".Trim());
    }

    private bool Fits(MemoryEstimate parts, MemoryEstimate whole) => Fits(parts) && parts.Total < whole.Total;

    private bool Fits(MemoryEstimate estimate) => All(estimate) <= Math.Min(_memory.Bytes * WarningShare, _memory.Free);

    private double All(MemoryEstimate estimate) => estimate.Total * _processes;

    private static string Sum(MemoryEstimate estimate) =>
        string.Join(", ", estimate.Parts.OrderByDescending(part => part.Bytes).Select(part => $"{part.Name} {Text(part.Bytes)}"));

    private static string Text(double bytes) => bytes < long.MaxValue ? Figures.Bytes((long)bytes) : FormattableString.Invariant($"{bytes:G3} bytes");
}
