using TransformerXL.Files;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Formats;

public sealed class FolderAccessTests
{
    [Fact]
    public void The_question_leaves_nothing()
    {
        using TemporaryFolder folder = new();
        Assert.True(FolderAccess.CanCreateIn(folder.Path));
        Assert.True(FolderAccess.CanCreateIn(folder["new/deeper"]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Nothing_can_be_created_below_a_file()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["file"], "");
        Assert.False(FolderAccess.CanCreateIn(folder["file"]));
        Assert.False(FolderAccess.CanCreateIn(folder["file/below"]));
    }

    [SkippableFact]
    public void A_folder_that_this_user_may_not_write_is_told()
    {
        Skip.If(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "this user may write everywhere");
        using TemporaryFolder folder = new();
        string closed = Directory.CreateDirectory(folder["closed"]).FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(closed, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        Assert.False(FolderAccess.CanCreateIn(closed));
        Assert.False(FolderAccess.CanCreateIn(Path.Combine(closed, "below")));
    }
}
