using System.CommandLine;
using TransformerXL.Cli.Commands;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;
using TransformerXL.Inference.Serving;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Cli.Options;

/// <summary>Options of embeddings.</summary>
internal sealed class EmbeddingRunOptions
{
    private readonly Option<string> _pooling = PoolingNames.NewOption();
    private readonly Option<int?> _memory = NewOption.Whole("--memory", "Memory length in tokens. [default: from the run]", 0, 1 << 20);
    private readonly Option<int?> _clamp = NewOption.Whole("--clamp", "Maximum relative distance in tokens; 0 for no limit. [default: the longest of training]", 0, 1 << 20);
    private readonly Option<string> _precision = PrecisionNames.NewOption();

    /// <summary>The column of the texts.</summary>
    public Option<string?> TextColumn { get; } = NewOption.Text("--text-column", "NAME", "Column with the texts in CSV, TSV or JSON lines. [default: by its name]");

    public void AddTo(Command command)
    {
        command.Add(TextColumn);
        command.Add(_pooling);
        command.Add(_memory);
        command.Add(_clamp);
        command.Add(_precision);
    }

    /// <summary>The options, after a check of the memory that they need.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="trained">The model.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="machine">The number of threads, and whether the memory check is enabled.</param>
    /// <param name="terminal">Receives the warning.</param>
    /// <param name="normalizes">Whether vectors have length 1.</param>
    public EmbeddingOptions Read(ParseResult result, ModelFolder trained, CpuBackend backend, MachineOptions machine, Terminal terminal, bool normalizes)
    {
        UnusedOptions.RefuseOfModel(result, trained.Model.Configuration, _memory, _clamp);
        EmbeddingOptions standard = EmbeddingOptions.ForTrained(trained.Configuration);
        EmbeddingOptions options = standard with
        {
            Pooling = PoolingNames.Parse(result.GetRequiredValue(_pooling)) ?? standard.Pooling,
            Normalizes = normalizes || standard.Normalizes,
            Session = standard.Session with
            {
                MemoryLength = result.GetValue(_memory) ?? standard.Session.MemoryLength,
                ClampLength = result.GetValue(_clamp) ?? standard.Session.ClampLength,
                Precision = PrecisionNames.Parse(result.GetRequiredValue(_precision), backend),
                OwnsModel = true,
            },
        };
        HiddenPooling.Check(trained.Model, options.Pooling);
        new MemoryCheck(terminal, machine, result).Session(trained.Model.Configuration, options.Session, "this reading", "--memory");
        return options;
    }
}
