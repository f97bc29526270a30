using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;
using TransformerXL.Tensors;

namespace TransformerXL.Training.Records;

/// <summary>The machine that a training ran on.</summary>
public sealed record MachineDescription
{
    private const uint HighestLeaf = 0x80000000, FirstNameLeaf = 0x80000002, LastNameLeaf = 0x80000004;

    /// <summary>The name of the processor as it reports it.</summary>
    public required string Processor { get; init; }

    /// <summary>The name of the backend: the instruction set that its kernels used.</summary>
    public required string InstructionSet { get; init; }

    /// <summary>Number of compute threads.</summary>
    public required int Threads { get; init; }

    /// <summary>The version of .NET.</summary>
    public required string Runtime { get; init; }

    /// <summary>The operating system.</summary>
    public required string System { get; init; }

    /// <summary>Describes this machine.</summary>
    /// <param name="backend">The backend that computes.</param>
    public static MachineDescription Of(Backend backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        return new MachineDescription
        {
            Processor = ProcessorName(),
            InstructionSet = backend.Name,
            Threads = backend.Threads,
            Runtime = RuntimeInformation.FrameworkDescription,
            System = RuntimeInformation.OSDescription,
        };
    }

    /// <summary>The brand string of CPUID; Arm has no such instruction.</summary>
    private static string ProcessorName()
    {
        if (!X86Base.IsSupported || (uint)X86Base.CpuId(unchecked((int)HighestLeaf), 0).Eax < LastNameLeaf)
        {
            return RuntimeInformation.ProcessArchitecture.ToString();
        }

        List<int> name = [];
        for (uint leaf = FirstNameLeaf; leaf <= LastNameLeaf; leaf++)
        {
            (int eax, int ebx, int ecx, int edx) = X86Base.CpuId((int)leaf, 0);
            name.AddRange([eax, ebx, ecx, edx]);
        }

        return Encoding.ASCII.GetString(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(name))).Trim('\0', ' ');
    }
}
