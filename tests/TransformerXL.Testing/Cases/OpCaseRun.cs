using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Testing.Cases;

/// <summary>
/// An <see cref="OpCase"/> on a tape. All memory that the kernels may scribble on is filled with NaN beforehand, so that
/// reading what nobody wrote shows in the result.
/// </summary>
public sealed class OpCaseRun
{
    private const int PoisonedFloats = 1 << 20;

    private readonly OpCase _case;
    private readonly Tensor[] _values;
    private readonly Parameter?[] _parameters;

    /// <summary>Lays the inputs out in memory that lasts.</summary>
    public OpCaseRun(OpCase @case, Backend backend)
    {
        _case = @case;
        Tape = new Tape(backend) { Recomputes = true };
        _parameters = [.. @case.Inputs.Select(input => input.HasGradient ? new Parameter(input.Name, input.Shape) : null)];
        _values = [.. @case.Inputs.Zip(_parameters, (input, parameter) => parameter?.Value ?? Tensor.Allocate(input.Shape))];
        for (int i = 0; i < _values.Length; i++)
        {
            @case.Inputs[i].Values.CopyTo(_values[i].Span);
        }
    }

    /// <summary>The tape that is used.</summary>
    public Tape Tape { get; }

    /// <summary>The outputs of the last forward pass.</summary>
    public IReadOnlyList<Variable> Outputs { get; private set; } = [];

    /// <summary>Fills scratch memory and the arena with NaN.</summary>
    public void Poison()
    {
        using BackendUse use = Tape.Backend.Enter();
        if (Tape.Backend is CpuBackend backend)
        {
            Fill(backend);
        }

        Tape.BeginEvaluation();
        Tape.Allocate(new Shape(PoisonedFloats)).Span.Fill(float.NaN);
    }

    /// <summary>Begins a training step and computes the outputs.</summary>
    public void Forward()
    {
        Tape.BeginTraining(OpCase.Seed, OpCase.Step);
        Outputs = _case.Build(Tape, [.. _parameters.Select((parameter, i) => parameter ?? Tape.Constant(_values[i]))]);
    }

    /// <summary>Adds to the gradients of the inputs.</summary>
    public void Backward()
    {
        Variable[] outputs = [.. Outputs.SkipLast(_case.OutputsWithoutGradient)];
        Tape.Backward(WeightedSumOperation.Of(Tape, outputs, _case.Weights(outputs.Select(output => output.Value.Count))));
    }

    /// <summary>Forgets the gradients of the inputs that <paramref name="which"/> names.</summary>
    public void ClearGradients(Func<OpInput, bool> which)
    {
        for (int i = 0; i < _parameters.Length; i++)
        {
            if (which(_case.Inputs[i]))
            {
                _parameters[i]?.ClearGradient();
            }
        }
    }

    /// <summary>A copy of an output.</summary>
    public float[] Output(int index) => Outputs[index].Value.Span.ToArray();

    /// <summary>A copy of the gradient of an input.</summary>
    public float[] Gradient(int index) => _parameters[index]!.Gradient.Span.ToArray();

    private static unsafe void Fill(CpuBackend backend)
    {
        backend.ReserveWorkerScratch(PoisonedFloats);
        for (int worker = 0; worker < backend.Threads; worker++)
        {
            new Span<float>(backend.WorkerScratch(worker), PoisonedFloats).Fill(float.NaN);
        }

        new Span<float>(backend.SharedScratch(PoisonedFloats), PoisonedFloats).Fill(float.NaN);
    }
}
