using TransformerXL.Models;
using TransformerXL.Tensors;

namespace TransformerXL.Cli.Bench;

/// <summary>Something to be measured, step by step.</summary>
internal interface IWorkload
{
    /// <summary>The architecture.</summary>
    ModelConfiguration Model { get; }

    /// <summary>Trained values.</summary>
    long Parameters { get; }

    /// <summary>L, M and the rest.</summary>
    ContextConfiguration Context { get; }

    /// <summary>Of the operands of products with weights.</summary>
    Precision Precision { get; }

    /// <summary>The probability of dropout while measuring.</summary>
    double Dropout { get; }

    /// <summary>B.</summary>
    int Batch { get; }

    /// <summary>Tokens of one step, over all streams.</summary>
    long TokensPerStep { get; }

    /// <summary>Floating-point operations that one step needs.</summary>
    double OperationsPerStep { get; }

    /// <summary>Bytes that one step must read where that is what bounds it; 0 where arithmetic does.</summary>
    long BytesPerStep { get; }

    /// <summary>Steps until the memory is full.</summary>
    int StepsToFillMemory { get; }

    /// <summary>Does one step.</summary>
    void Step();
}
