using System.Reflection;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Optimizers;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

/// <summary>One backend serves one thread at a time, whatever the number of its threads.</summary>
public sealed class BackendUseTests
{
    /// <summary>All but those that compute sizes of a layout and use no memory of the backend.</summary>
    public static TheoryData<string> Kernels => [.. typeof(KernelSet).GetMethods(BindingFlags.Instance | BindingFlags.Public)
        .Where(method => method.IsAbstract && !method.IsSpecialName && method.Name is not (nameof(KernelSet.PackedRightSize) or nameof(KernelSet.PackedColumns))).Select(method => method.Name)];

    public static TheoryData<string> Operations => [.. typeof(TapeOperations).GetMethods(BindingFlags.Static | BindingFlags.Public)
        .Where(method => !method.GetParameters().Any(parameter => parameter.ParameterType.IsByRefLike)).Select(method => method.ToString()!)];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_kernel_refuses_a_second_thread(string kernel)
    {
        foreach (int threads in (int[])[1, 2])
        {
            using CpuBackend backend = new(threads: threads);
            MethodInfo method = typeof(KernelSet).GetMethod(kernel)!;
            object?[] arguments = [.. method.GetParameters().Select(parameter => Default(parameter.ParameterType))];
            WhileAnotherThreadUses(backend, () => AssertRefused(() => method.Invoke(backend.Kernels, arguments)));
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void An_operation_of_a_tape_refuses_a_second_thread(string operation)
    {
        using CpuBackend backend = new(threads: 1);
        Tape tape = new(backend);
        tape.BeginEvaluation();
        MethodInfo method = typeof(TapeOperations).GetMethods().Single(candidate => candidate.ToString() == operation);
        object?[] arguments = [tape, .. method.GetParameters().Skip(1).Select(parameter => Default(parameter.ParameterType))];
        WhileAnotherThreadUses(backend, () => AssertRefused(() => method.Invoke(null, arguments)));
    }

    [Fact]
    public void An_instruction_set_that_the_processor_does_not_have_is_refused()
    {
        Assert.False(CpuBackend.IsSupported((Isa)99));
        Assert.Contains("99", Assert.Throws<PlatformNotSupportedException>(() => new CpuBackend((Isa)99, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tape_and_an_optimizer_refuse_a_second_thread_and_are_as_before()
    {
        using CpuBackend backend = new(threads: 1);
        Parameter parameter = Autodiff.Parameters.New(2);
        Optimizer optimizer = Optimizer.Create([parameter], new OptimizerOptions(), backend);
        Tape tape = new(backend);
        tape.BeginTraining(1, 1);
        Variable value = tape.Constant(Tensor.From(new Shape(1), [3]));
        long inUse = tape.BytesInUse;
        WhileAnotherThreadUses(backend, () =>
        {
            AssertRefused(tape.BeginEvaluation);
            AssertRefused(() => tape.BeginTraining(1, 2));
            AssertRefused(() => tape.Constant(default));
            AssertRefused(() => tape.Allocate(new Shape(4)));
            AssertRefused(() => tape.Allocate([1]));
            AssertRefused(() => tape.Backward(value));
            AssertRefused(() => optimizer.GradientNorm());
            AssertRefused(() => optimizer.Step(1));
        });
        Assert.Equal((1u, true, inUse), (tape.Step, tape.IsTraining, tape.BytesInUse));
    }

    [Fact]
    public void Uses_of_one_thread_lie_within_each_other_and_the_outermost_ends_the_use()
    {
        using CpuBackend backend = new(threads: 1);
        using (backend.Enter())
        {
            backend.Enter().Dispose();
            OnAnotherThread(() => AssertRefused(() => backend.Enter().Dispose()));
        }

        OnAnotherThread(() => backend.Enter().Dispose());
    }

    [Fact]
    public void A_failed_operation_leaves_the_backend_free()
    {
        using CpuBackend backend = new(threads: 1);
        Tape tape = new(backend);
        tape.BeginEvaluation();
        Variable wide = tape.Constant(Tensor.Allocate(new Shape(1, 3))), weight = tape.Constant(Tensor.Allocate(new Shape(2, 2)));
        Assert.Throws<ArgumentException>(() => tape.Linear(wide, weight));
        OnAnotherThread(tape.BeginEvaluation);
    }

    [Fact]
    public void Working_memory_is_not_given_out_without_a_use()
    {
        using CpuBackend backend = new(threads: 1);
        Assert.Throws<InvalidOperationException>(() => backend.ReserveWorkerScratch(1));
        Assert.Throws<InvalidOperationException>(() => Scratch(backend));
    }

    private static unsafe void Scratch(CpuBackend backend) => backend.SharedScratch(1);

    private static object? Default(Type type)
    {
        type = type.IsByRef ? type.GetElementType()! : type;
        return type.IsValueType && !type.IsPointer ? Activator.CreateInstance(type) : null;
    }

    private static void AssertRefused(Action call)
    {
        Exception? thrown = Record.Exception(call);
        thrown = thrown is TargetInvocationException { InnerException: { } inner } ? inner : thrown;
        Assert.IsType<InvalidOperationException>(thrown);
        Assert.Contains("one backend serves one thread at a time", thrown.Message, StringComparison.Ordinal);
    }

    private static void WhileAnotherThreadUses(CpuBackend backend, Action action)
    {
        using BackendUse use = backend.Enter();
        OnAnotherThread(action);
    }

    private static void OnAnotherThread(Action action)
    {
        Exception? failure = null;
        Thread thread = new(() => failure = Record.Exception(action));
        thread.Start();
        thread.Join();
        if (failure is not null)
        {
            throw new InvalidOperationException("on the other thread: " + failure.Message, failure);
        }
    }
}
