using System.Diagnostics;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Testing.Cases;

/// <summary>An <see cref="OpCase"/> that is run again and again, with nothing around the operation that takes time.</summary>
public sealed class OpCaseMeasurement
{
    // The runtime compiles a method again, optimised, after some calls and a tenth of a second without new methods.
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(350);

    private readonly OpCaseRun _run;
    private readonly IReadOnlyList<float[]> _weights;
    private readonly bool _hasBackward;

    /// <summary>Lays the inputs out and runs the case until memory and code are warm.</summary>
    public OpCaseMeasurement(OpCase @case, CpuBackend backend)
    {
        _run = new OpCaseRun(@case, backend);
        _run.Forward();
        _hasBackward = @case.Operation is not null;
        _weights = @case.Weights(_run.Outputs.SkipLast(@case.OutputsWithoutGradient).Select(output => output.Value.Count));
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < WarmUp;)
        {
            ForwardBackward();
        }
    }

    /// <summary>The forward pass.</summary>
    public IReadOnlyList<Variable> Forward()
    {
        _run.Forward();
        return _run.Outputs;
    }

    /// <summary>The forward and the backward pass; the forward alone if there is no backward.</summary>
    public void ForwardBackward()
    {
        _run.ClearGradients(_ => true);
        _run.Forward();
        if (_hasBackward)
        {
            _run.Tape.Backward(WeightedSumOperation.OnlyGradientOf(_run.Tape, _run.Outputs, _weights));
        }
    }
}
