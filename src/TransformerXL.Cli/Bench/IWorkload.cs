using TransformerXL.Models;
using TransformerXL.Tensors;

namespace TransformerXL.Cli.Bench;

/// <summary>A workload that is measured step by step.</summary>
internal interface IWorkload
{
    /// <summary>The architecture.</summary>
    ModelConfiguration Model { get; }

    /// <summary>Number of trained values.</summary>
    long Parameters { get; }

    /// <summary>The lengths of segment and memory.</summary>
    ContextConfiguration Context { get; }

    /// <summary>The precision of products with weights.</summary>
    Precision Precision { get; }

    /// <summary>The probability of dropout while measuring.</summary>
    double Dropout { get; }

    /// <summary>B.</summary>
    int Batch { get; }

    /// <summary>Tokens of one step, over all streams.</summary>
    long TokensPerStep { get; }

    /// <summary>Floating-point operations that one step needs.</summary>
    double OperationsPerStep { get; }

    /// <summary>Bytes that one step must read if it is memory-bound; 0 if it is compute-bound.</summary>
    long BytesPerStep { get; }

    /// <summary>Steps until the memory is full.</summary>
    int StepsToFillMemory { get; }

    /// <summary>Runs one step.</summary>
    void Step();
}
