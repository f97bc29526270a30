using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu;

/// <summary>
/// The addresses of tensors, for code that computes on the processor. The garbage collector does not track addresses: code that
/// takes one must call <see cref="KeepAlive(Tensor)"/> after its last use.
/// </summary>
internal static unsafe class TensorAddress
{
    extension(Tensor tensor)
    {
        /// <summary>The address of the first element; null without memory.</summary>
        public float* Pointer => (float*)(tensor.IsBfloat16 ? throw Unexpected(tensor) : Address(tensor));

        /// <summary>The address of the first element of a tensor of bfloat16; null for any other.</summary>
        public ushort* Bfloat16Pointer => tensor.IsBfloat16 ? (ushort*)Address(tensor) : null;
    }

    extension(IndexTensor tensor)
    {
        /// <summary>The address of the first integer; null without memory.</summary>
        public int* Pointer => tensor.Owner is { } owner ? (int*)(owner.Pointer + tensor.Offset) : null;
    }

    private static byte* Address(Tensor tensor) => tensor.Owner is { } owner ? owner.Pointer + tensor.Offset : null;

    private static InvalidOperationException Unexpected(Tensor tensor) => new($"a tensor of shape {tensor.Shape} holds bfloat16, which this operation does not read");

    /// <summary>Keeps the memory from being freed before this call.</summary>
    public static void KeepAlive(this Tensor tensor) => GC.KeepAlive(tensor.Owner);

    /// <summary>Keeps the memory from being freed before this call.</summary>
    public static void KeepAlive(this IndexTensor tensor) => GC.KeepAlive(tensor.Owner);
}
