using TransformerXL.Models;
using TransformerXL.Tensors;

namespace TransformerXL.Cli.Bench;

/// <summary>A workload that is measured step by step.</summary>
/// <param name="network">The model.</param>
/// <param name="context">The lengths of segment and memory.</param>
/// <param name="batch">B.</param>
/// <param name="precision">The precision of products with weights.</param>
internal abstract class Workload(LanguageModel network, ContextConfiguration context, int batch, Precision precision)
{
    /// <summary>The architecture.</summary>
    public ModelConfiguration Model => network.Configuration;

    /// <summary>Number of trained values.</summary>
    public long Parameters => network.Parameters.Values;

    /// <summary>The lengths of segment and memory.</summary>
    public ContextConfiguration Context { get; } = context;

    /// <summary>The precision of products with weights.</summary>
    public Precision Precision { get; } = precision;

    /// <summary>The probability of dropout while measuring.</summary>
    public virtual double Dropout => 0;

    /// <summary>B.</summary>
    public int Batch { get; } = batch;

    /// <summary>Tokens of one step, over all streams.</summary>
    public virtual long TokensPerStep => (long)Context.TargetLength * Batch;

    /// <summary>Floating-point operations that one step needs.</summary>
    public abstract double OperationsPerStep { get; }

    /// <summary>Bytes that one step must read if it is memory-bound; 0 if it is compute-bound.</summary>
    public virtual long BytesPerStep => 0;

    /// <summary>Steps until the memory is full.</summary>
    public int StepsToFillMemory => (Context.MemoryLength + Context.TargetLength - 1) / Context.TargetLength;

    /// <summary>The model.</summary>
    protected LanguageModel Network => network;

    /// <summary>Runs one step.</summary>
    public abstract void Step();
}
