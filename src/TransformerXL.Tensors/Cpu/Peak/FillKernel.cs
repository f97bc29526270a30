using TransformerXL.Tensors.Cpu.Parallel;

namespace TransformerXL.Tensors.Cpu.Peak;

/// <summary>Writes memory, each task the part that it reads afterwards: pages lie in the memory next to the processor that writes them first.</summary>
internal readonly unsafe struct FillKernel(float* data, long count, int tasks) : IParallelBody
{
    public void Invoke(int task, int worker)
    {
        long first = count * task / tasks, end = count * (task + 1) / tasks;
        new Span<float>(data + first, (int)(end - first)).Fill(1);
    }
}
