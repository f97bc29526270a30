using TransformerXL.Testing;
using TransformerXL.Training.Footprint;
using Xunit;

namespace TransformerXL.Tests.Training.Footprint;

public sealed class MachineMemoryTests : IDisposable
{
    private const long Gibibyte = 1 << 30;

    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Without_a_control_group_it_is_that_of_the_machine()
    {
        Meminfo(16, 9);
        Assert.Equal(new MachineMemory(16 * Gibibyte, 9 * Gibibyte, false), MachineMemory.Read(_root.Path));
    }

    [Fact]
    public void A_group_of_version_2_limits_it_and_what_the_group_uses_is_not_free()
    {
        Meminfo(16, 9);
        Write("proc/self/cgroup", "0::/batch/job\n");
        Write("sys/fs/cgroup/batch/job/memory.max", "4294967296\n");
        Write("sys/fs/cgroup/batch/job/memory.current", "1073741824\n");
        Assert.Equal(new MachineMemory(4 * Gibibyte, 3 * Gibibyte, true), MachineMemory.Read(_root.Path));
    }

    [Fact]
    public void A_group_above_counts_and_one_without_a_limit_does_not()
    {
        Meminfo(16, 9);
        Write("proc/self/cgroup", "0::/batch/job\n");
        Write("sys/fs/cgroup/batch/job/memory.max", "max\n");
        Write("sys/fs/cgroup/batch/memory.max", "2147483648\n");
        Assert.Equal(new MachineMemory(2 * Gibibyte, 2 * Gibibyte, true), MachineMemory.Read(_root.Path));
    }

    [Fact]
    public void A_group_of_version_1_limits_it()
    {
        Meminfo(16, 9);
        Write("proc/self/cgroup", "5:cpu:/x\n4:memory:/job\n");
        Write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "1073741824\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        Assert.Equal(new MachineMemory(Gibibyte, Gibibyte, true), MachineMemory.Read(_root.Path));
    }

    [Fact]
    public void Where_the_system_tells_nothing_the_runtime_does() => Assert.True(MachineMemory.Read(_root["nothing"]).Bytes > 1 << 20);

    private void Meminfo(long total, long available) =>
        Write("proc/meminfo", $"MemTotal:       {total << 20} kB\nMemFree:   1 kB\nMemAvailable:   {available << 20} kB\n");

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_root[path])!);
        File.WriteAllText(_root[path], text);
    }
}
